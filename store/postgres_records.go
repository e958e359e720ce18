package store

import (
	"github.com/jackc/pgx/v5"

	"parley/chat"
)

// The appender's statements on PostgreSQL for what few commands touch.
const (
	pgElders = `SELECT ` + memberColumns + ` FROM unnest($1::text[], $2::int8[], $3::text[], $4::int8[]) k (room_id, joined_at, user_id, at_most)
		CROSS JOIN LATERAL (SELECT * FROM members e WHERE e.room_id = k.room_id AND e.state = 'active'
		AND (e.joined_at, e.user_id) > (k.joined_at, k.user_id) ORDER BY e.joined_at, e.user_id LIMIT k.at_most) m
		ORDER BY m.room_id, m.joined_at, m.user_id`
	pgInvitations = `SELECT ` + invitationColumns + ` FROM unnest($1::text[]) k (id) JOIN invitations i ON i.id = k.id`
	pgPlaces      = `SELECT ` + invitationColumns + ` FROM unnest($1::text[], $2::text[]) k (room_id, receiver_id)
		JOIN invitations i ON i.room_id = k.room_id AND i.receiver_id = k.receiver_id`

	pgUninvite = `DELETE FROM invitations WHERE id = ANY($1::text[])`
	pgInvite   = `INSERT INTO invitations (id, room_id, sender_id, receiver_id, created_at)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int8[])`
	pgUnpost = `DELETE FROM postings p USING unnest($1::text[], $2::text[], $3::text[]) k (file_id, room_id, message_id)
		WHERE p.file_id = k.file_id AND p.room_id = k.room_id AND p.message_id = k.message_id`
	pgPost = `INSERT INTO postings (file_id, room_id, message_id)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING`
	pgActs = `INSERT INTO audit (id, at, actor_id, act, room_id, user_id, message_id, detail)
		SELECT * FROM unnest($1::text[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])`
)

func queueRecordReads(b *pgx.Batch, want wants, rows *found) {
	if len(want.elders) > 0 {
		b.Queue(pgElders,
			column(want.elders, func(k *elderKey) string { return k.room }),
			column(want.elders, func(k *elderKey) int64 { return k.joinedAt }),
			column(want.elders, func(k *elderKey) string { return k.user }),
			column(want.elders, func(k *elderKey) int64 { return int64(k.limit) })).Query(rows.scanElders)
	}
	if len(want.invitations) > 0 {
		b.Queue(pgInvitations, want.invitations).Query(rows.scanInvitations)
	}
	if len(want.invited) > 0 {
		b.Queue(pgPlaces,
			column(want.invited, func(k *memberKey) string { return k.room }),
			column(want.invited, func(k *memberKey) string { return k.user })).Query(rows.scanInvitations)
	}
	if len(want.replies) > 0 {
		b.Queue(pgReplies, want.replies).Query(rows.scanReplies)
	}
}

func (f *found) scanElders(rows pgx.Rows) error {
	for rows.Next() {
		var m memberRow
		if err := rows.Scan(m.targets()...); err != nil {
			return err
		}
		f.elders = append(f.elders, m.member())
	}
	return rows.Err()
}

func (f *found) scanInvitations(rows pgx.Rows) error {
	for rows.Next() {
		var i invitationRow
		if err := rows.Scan(i.targets()...); err != nil {
			return err
		}
		f.invitations = append(f.invitations, i.invitation())
	}
	return rows.Err()
}

func queueRecordWrites(b *pgx.Batch, c changes) {
	if len(c.uninvite) > 0 {
		b.Queue(pgUninvite, c.uninvite)
	}
	if len(c.invite) > 0 {
		b.Queue(pgInvite,
			column(c.invite, func(i *chat.Invitation) string { return i.ID }),
			column(c.invite, func(i *chat.Invitation) string { return i.Room }),
			column(c.invite, func(i *chat.Invitation) string { return i.Sender }),
			column(c.invite, func(i *chat.Invitation) string { return i.Receiver }),
			column(c.invite, func(i *chat.Invitation) int64 { return toMillis(i.CreatedAt) }))
	}
	if len(c.unposted) > 0 {
		b.Queue(pgUnpost, postingArrays(c.unposted)...)
	}
	if len(c.posted) > 0 {
		b.Queue(pgPost, postingArrays(c.posted)...)
	}
	if len(c.audit) > 0 {
		b.Queue(pgActs, actArrays(column(c.audit, rowOfAct))...)
	}
	queueInbox(b, c)
}

func postingArrays(postings []posting) []any {
	return []any{
		column(postings, func(p *posting) string { return p.file }),
		column(postings, func(p *posting) string { return p.room }),
		column(postings, func(p *posting) string { return p.message }),
	}
}

func actArrays(acts []auditRow) []any {
	return []any{
		column(acts, func(a *auditRow) string { return a.ID }),
		column(acts, func(a *auditRow) int64 { return a.At }),
		column(acts, func(a *auditRow) string { return a.ActorID }),
		column(acts, func(a *auditRow) string { return a.Act }),
		column(acts, func(a *auditRow) string { return a.RoomID }),
		column(acts, func(a *auditRow) string { return a.UserID }),
		column(acts, func(a *auditRow) string { return a.MessageID }),
		column(acts, func(a *auditRow) string { return a.Detail }),
	}
}
