package store

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"parley/chat"
	"parley/internal/words"
)

const (
	// roundSize is about how many changes are read at a time, of all rooms together.
	roundSize = 4096
	// indexBatch and indexWords bound one transaction: the appender waits for it on SQLite.
	indexBatch = 256
	indexWords = 8192
	// messageWords bounds the words of one message; text of 64 KiB rarely has more.
	messageWords = 16_384
	// maxGap bounds the numbers given in one transaction to messages that are
	// indexed later.
	maxGap = 4096
)

// lag is a room and how far it is indexed.
type lag struct {
	ID      string
	Head    int64 // its version
	Deleted bool
	Version int64 // up to which it is indexed
	Num     int64 // 0 if it is not known to the index
	// ClearedSeq and ClearedVersion are the room's, Cleared is how far the index
	// has dropped it.
	ClearedSeq, ClearedVersion, Cleared int64
}

// change is a message to index.
type change struct {
	RoomID, ID   string
	Seq, Version int64
	// key is the greatest id of the room's changes up to this one: changes of all
	// rooms are indexed in the order of their keys, each room's in that of their
	// versions.
	key string
}

// backlog is what one round indexes.
type backlog struct {
	rooms   []string // that were marked
	gone    []lag    // deleted, and indexed still
	cleared []lag    // further than the index is
	changes []change
	from    map[string]int64 // where the rooms stand
	heads   map[string]int64 // of rooms that have no more changes
	more    []string         // rooms that have
}

// round indexes the next changes of the marked rooms.
func (x *indexer) round() error {
	b, err := x.backlog()
	if err != nil {
		return err
	}
	if err = x.index(b); err != nil {
		x.note(b.rooms)
	}
	return err
}

// backlog reads what there is to index, all of it as of one moment, before which
// every room that it sees changed was marked.
func (x *indexer) backlog() (b backlog, err error) {
	marked := x.take() // before the moment, so that no mark is lost
	defer func() {
		if err != nil {
			x.note(slices.Collect(maps.Keys(marked)))
		}
	}()
	tx := x.read.WithContext(x.stop).Begin(x.engine.snapshot())
	if tx.Error != nil {
		return b, failed("index", tx.Error)
	}
	defer tx.Rollback()
	var moment int64
	if err := tx.Raw("SELECT count(*) FROM meta").Row().Scan(&moment); err != nil {
		return b, failed("index", err)
	}
	b = backlog{rooms: x.peek(marked), from: map[string]int64{}, heads: map[string]int64{}}
	lags, err := lagsOf(tx, b.rooms)
	if err != nil {
		return b, err
	}
	var behind []lag
	for _, l := range lags {
		switch {
		case l.Deleted && l.Num > 0:
			b.gone = append(b.gone, l)
		case !l.Deleted && l.Cleared < l.ClearedSeq:
			b.cleared = append(b.cleared, l)
			b.more = append(b.more, l.ID)
		case !l.Deleted && l.Version < l.Head:
			behind = append(behind, l)
			b.from[l.ID] = l.Version
		}
	}
	return b, b.read(tx, behind)
}

// index writes the backlog to the index, and marks the rooms that have more.
func (x *indexer) index(b backlog) error {
	for _, room := range b.gone {
		if err := x.purge(room); err != nil {
			return err
		}
	}
	for _, room := range b.cleared {
		if err := x.clear(room); err != nil {
			return err
		}
	}
	w := &indexBatcher{indexer: x, from: b.from, heads: b.heads}
	for part := range slices.Chunk(b.changes, indexBatch) {
		messages, err := x.texts(part)
		if err != nil {
			return err
		}
		for _, c := range part {
			w.add(entry{c, wordsOf(messages[c.ID])})
			if w.full() {
				if err := w.commit(); err != nil {
					return err
				}
			}
		}
	}
	w.last = true
	if err := w.commit(); err != nil {
		return err
	}
	x.note(append(b.more, w.lost...))
	return nil
}

func lagsOf(tx *gorm.DB, ids []string) (lags []lag, err error) {
	for part := range slices.Chunk(ids, listSize) {
		var rows []lag
		err := tx.Raw(`SELECT r.id, r.version AS head, r.deleted, coalesce(x.version, 0) AS version,
			coalesce(x.num, 0) AS num, r.cleared_seq, r.cleared_version, coalesce(x.cleared, 0) AS cleared FROM rooms r LEFT JOIN search_rooms x ON x.room_id = r.id WHERE r.id IN ?`, part).Scan(&rows).Error
		if err != nil {
			return nil, failed("index", err)
		}
		lags = append(lags, rows...)
	}
	return lags, nil
}

// read reads the next changes of the rooms, merged: as far as they are all known,
// which is up to the horizon, the last change that was read of a room that has more.
// The room at the horizon is read on until a round is full.
func (b *backlog) read(tx *gorm.DB, rooms []lag) error {
	each := max(16, roundSize/max(1, len(rooms)))
	unread := map[string]lag{} // rooms that have more, as far as they were read
	lists := map[string][]change{}
	total := 0
	more := func(rooms []lag, limit int) error {
		rows, err := nextChanges(tx, rooms, limit)
		for _, l := range rooms {
			list := rows[l.ID]
			total += len(list)
			lists[l.ID] = append(lists[l.ID], list...)
			delete(unread, l.ID)
			if len(list) == limit {
				l.Version = list[limit-1].Version
				unread[l.ID] = l
			}
		}
		return err
	}
	for part := range slices.Chunk(rooms, roomsPerFeed) {
		if err := more(part, each); err != nil {
			return err
		}
	}
	for _, list := range lists {
		setKeys(list)
	}
	horizon, at := horizonOf(unread, lists)
	for at != "" && total < 4*roundSize && known(lists, horizon) < roundSize {
		if err := more([]lag{unread[at]}, roundSize/4); err != nil {
			return err
		}
		setKeys(lists[at])
		horizon, at = horizonOf(unread, lists)
	}
	b.merge(rooms, lists, unread, horizon)
	return nil
}

// setKeys gives the changes of one room their keys.
func setKeys(list []change) {
	for i := range list {
		list[i].key = max(list[i].ID, list[max(0, i-1)].key)
	}
}

// horizonOf returns the key up to which all changes are known, and the room that
// sets it; nothing if all are.
func horizonOf(unread map[string]lag, lists map[string][]change) (horizon, room string) {
	for id := range unread {
		if last := lists[id][len(lists[id])-1].key; room == "" || last < horizon {
			horizon, room = last, id
		}
	}
	return horizon, room
}

// known counts the changes up to the horizon.
func known(lists map[string][]change, horizon string) (n int) {
	for _, list := range lists {
		n += upTo(list, horizon)
	}
	return n
}

// upTo is how many of a room's changes do not lie behind the horizon.
func upTo(list []change, horizon string) int {
	n, _ := slices.BinarySearchFunc(list, horizon, func(c change, h string) int {
		if c.key <= h {
			return -1
		}
		return 1
	})
	return n
}

// merge takes over what is known.
func (b *backlog) merge(rooms []lag, lists map[string][]change, unread map[string]lag, horizon string) {
	for _, l := range rooms {
		list := lists[l.ID]
		n := len(list)
		if len(unread) > 0 {
			n = upTo(list, horizon)
		}
		b.changes = append(b.changes, list[:n]...)
		if _, ok := unread[l.ID]; ok || n < len(list) {
			b.more = append(b.more, l.ID)
		} else {
			b.heads[l.ID] = l.Head
		}
	}
	slices.SortFunc(b.changes, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.RoomID, b.RoomID), cmp.Compare(a.Version, b.Version))
	})
}

// nextChanges reads at most limit changes of each room.
func nextChanges(tx *gorm.DB, rooms []lag, limit int) (map[string][]change, error) {
	const arm = `SELECT * FROM (SELECT m.room_id, m.id, m.seq, m.version FROM messages m
		WHERE m.room_id = ? AND m.version > ? AND m.seq > 0 ORDER BY m.version LIMIT ?) arm`
	args := make([]any, 0, 3*len(rooms))
	for _, l := range rooms {
		args = append(args, l.ID, l.Version, limit)
	}
	var rows []change
	err := tx.Raw(strings.Repeat(arm+" UNION ALL ", len(rooms)-1)+arm, args...).Scan(&rows).Error
	if err != nil {
		return nil, failed("index", err)
	}
	byRoom := make(map[string][]change, len(rooms))
	for _, c := range rows {
		byRoom[c.RoomID] = append(byRoom[c.RoomID], c)
	}
	for _, list := range byRoom {
		slices.SortFunc(list, func(a, b change) int { return cmp.Compare(a.Version, b.Version) })
	}
	return byRoom, nil
}

// texts reads the messages as they are now, which may be newer than the changes.
func (x *indexer) texts(changes []change) (map[string]chat.Message, error) {
	ids := column(changes, func(c *change) string { return c.ID })
	messages, err := scanMessages(x.read.WithContext(x.stop).Raw(`SELECT `+messageColumns+` FROM messages m WHERE m.id IN ?`, ids))
	if err != nil {
		return nil, err
	}
	byID := make(map[string]chat.Message, len(messages))
	for _, m := range messages {
		byID[m.ID] = m
	}
	return byID, nil
}

// wordsOf returns what a message is found by, besides its room.
func wordsOf(m chat.Message) []string {
	if m.Deleted || m.ID == "" {
		return nil
	}
	return append(words.Distinct(words.Of(m.Text), messageWords), senderWord(m.Sender))
}

// purge forgets a deleted room, a piece at a time.
func (x *indexer) purge(room lag) error {
	for {
		var ns []int64
		begun := time.Now()
		err := x.transaction(func(tx *gorm.DB) error {
			if err := tx.Raw(`SELECT n FROM search_docs WHERE room = ? ORDER BY seq LIMIT ?`, room.Num, indexBatch).Scan(&ns).Error; err != nil {
				return err
			}
			if len(ns) == 0 {
				return tx.Exec(`DELETE FROM search_rooms WHERE room_id = ?`, room.ID).Error
			}
			return x.engine.remove(tx, ns)
		})
		if err != nil || len(ns) == 0 {
			return err
		}
		x.yield(x.stop, time.Since(begun))
	}
}
