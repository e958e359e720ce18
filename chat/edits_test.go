package chat_test

import (
	"context"
	"strings"
	"testing"

	"parley/chat"
)

func TestEdit(t *testing.T) {
	h := newHouse(t)
	before := h.state(h.room)
	v, err := h.Edit(h.ctx(), ann, h.mine, "new")
	h.ok(err)
	equal(t, "text", v.Text, "new")
	equal(t, "seq", v.Seq, 1)
	equal(t, "cursor", v.Cursor(), h.cursor(before.Version+1))
	equal(t, "born", v.BornVersion, 1)
	if !v.EditedAt.After(v.CreatedAt) || v.EditedAt != v.UpdatedAt {
		t.Errorf("message %+v", v.Message)
	}
	after := h.state(h.room)
	equal(t, "room's seq", after.Seq, before.Seq)
	equal(t, "room's version", after.Version, before.Version+1)
	equal(t, "room's last message", after.LastMessageID, before.LastMessageID)
	stored, err := h.Message(h.ctx(), bob, h.mine)
	h.ok(err)
	equal(t, "stored", stored.Text, "new")
}

func TestDelete(t *testing.T) {
	for _, by := range []chat.Actor{bob, root} {
		t.Run(by.ID, func(t *testing.T) {
			h := newHouse(t)
			r, err := h.Post(h.ctx(), bob, chat.Draft{Room: h.room, Text: "t", Type: chat.ContentFile, Files: h.uploaded("bob", "f"), Nonce: new("n")})
			h.ok(err)
			v, err := h.Delete(h.ctx(), by, r.Message.ID)
			h.ok(err)
			if v.Text != "" || len(v.Files) > 0 || !v.Deleted || v.ID != r.Message.ID || v.Nonce != "n" || v.Seq != r.Message.Seq {
				t.Errorf("tombstone %+v", v.Message)
			}
			equal(t, "cursor", v.Cursor(), h.cursor(h.state(h.room).Version))
			// It stands in no list and cannot be had.
			_, err = h.Message(h.ctx(), bob, r.Message.ID)
			check(t, err, chat.CodeNotFound, noMessage)
			ms, _, err := h.History(h.ctx(), bob, h.room, 0, 0, 0)
			h.ok(err)
			same(t, "history", texts(ms), []string{"mine", "his"})
			list, count, err := h.Messages(h.ctx(), bob, chat.MessageQuery{Room: h.room})
			h.ok(err)
			same(t, "list", texts(list), []string{"his", "mine"})
			equal(t, "count", count, 2)
			// The next one does not take its number.
			equal(t, "next", h.post(bob, h.room, "next").Seq, r.Message.Seq+1)
		})
	}
}

func TestChangesRefused(t *testing.T) {
	h := newHouse(t)
	edit := func(a chat.Actor, id, text string) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error {
			_, err := h.Edit(ctx, a, id, text)
			return err
		}
	}
	drop := func(a chat.Actor, id string) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error {
			_, err := h.Delete(ctx, a, id)
			return err
		}
	}
	refused(t, h, []refusal{
		{"edit to nothing", edit(ann, h.mine, ""), chat.CodeInvalid, "newMessage is required"},
		{"edit too large", edit(ann, h.mine, strings.Repeat("a", chat.MaxContent+1)), chat.CodeTooLarge, "content must be at most 65536 bytes"},
		{"edit NUL", edit(ann, h.mine, "\x00"), chat.CodeInvalid, "content must be UTF-8 text without NUL"},
		{"edit no id", edit(ann, "", "new"), chat.CodeInvalid, "messageId is required"},
		{"edit a long id", edit(ann, strings.Repeat("a", 256), "new"), chat.CodeInvalid, "messageId must be at most 255 bytes"},
		{"edit the unknown", edit(ann, "none", "new"), chat.CodeNotFound, noMessage},
		{"edit a tombstone", edit(ann, h.gone, "new"), chat.CodeNotFound, noMessage},
		{"edit another's", edit(bob, h.mine, "new"), chat.CodeForbidden, "Only the sender may edit a message"},
		{"edit as a stranger", edit(cid, h.mine, "new"), chat.CodeNotFound, noMessage},
		{"edit after removal", edit(dan, h.mine, "new"), chat.CodeNotFound, noMessage},
		{"edit as an administrator", edit(root, h.mine, "new"), chat.CodeNotFound, noMessage},
		{"delete no id", drop(ann, ""), chat.CodeInvalid, "messageId is required"},
		{"delete the unknown", drop(root, "none"), chat.CodeNotFound, noMessage},
		{"delete a tombstone", drop(ann, h.gone), chat.CodeNotFound, noMessage},
		{"delete another's", drop(bob, h.mine), chat.CodeForbidden, "Only the sender may delete a message"},
		{"delete another's as the creator", drop(ann, h.his), chat.CodeForbidden, "Only the sender may delete a message"},
		{"delete as a stranger", drop(cid, h.mine), chat.CodeNotFound, noMessage},
		{"delete as a guest", drop(gil, h.mine), chat.CodeNotFound, noMessage},
	})
	// Who is out may not touch what they once said.
	h.ok(h.RemoveUsers(h.ctx(), ann, h.room, []string{"bob"}))
	h.bus.take()
	refused(t, h, []refusal{
		{"edit one's own from outside", edit(bob, h.his, "new"), chat.CodeNotFound, noMessage},
		{"delete one's own from outside", drop(bob, h.his), chat.CodeNotFound, noMessage},
	})
}

func TestEditOff(t *testing.T) {
	h := newHouse(t, func(o *chat.Options) { o.AllowEdit = false })
	refused(t, h, []refusal{{"edit", func(ctx context.Context, h *house) error {
		_, err := h.Edit(ctx, ann, h.mine, "new")
		return err
	}, chat.CodeForbidden, "Messages cannot be edited here"}})
}

func TestDeleteOff(t *testing.T) {
	h := newHouse(t, func(o *chat.Options) { o.AllowDelete = false })
	drop := func(a chat.Actor) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error {
			_, err := h.Delete(ctx, a, h.mine)
			return err
		}
	}
	refused(t, h, []refusal{
		{"one's own", drop(ann), chat.CodeForbidden, "Messages cannot be deleted here"},
		{"another's", drop(bob), chat.CodeForbidden, "Only the sender may delete a message"},
		{"a stranger's", drop(cid), chat.CodeNotFound, noMessage},
	})
	check(t, drop(root)(t.Context(), h), "", "")
}
