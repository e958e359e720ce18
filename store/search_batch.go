package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"parley/chat"
)

// indexBatcher gathers changes and indexes them, a transaction at a time.
type indexBatcher struct {
	*indexer
	// from is the version up to which a room is indexed, as far as is known here.
	from map[string]int64
	// heads are versions that rooms are indexed to once their last change is.
	heads map[string]int64
	// lost are rooms that somebody else has indexed meanwhile, or that must wait.
	lost []string
	last bool // no change follows

	entries []entry
	size    int // words in entries
}

// entry is a change with its words.
type entry struct {
	change
	words []string
}

// searchRoom is a row of search_rooms: up to Version everything is indexed, and
// up to Seq every message has its number, but for those up to Cleared, which the
// index has dropped.
type searchRoom struct {
	RoomID                     string
	Num, Version, Seq, Cleared int64
}

func (b *indexBatcher) full() bool { return len(b.entries) >= indexBatch || b.size >= indexWords }

// transaction runs f alone among all indexers.
func (x *indexer) transaction(f func(tx *gorm.DB) error) error {
	ctx, cancel := context.WithTimeout(x.stop, groupTimeout)
	defer cancel()
	err := x.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := x.engine.lock(tx); err != nil {
			return err
		}
		return f(tx)
	})
	if err != nil {
		return failed("index", err)
	}
	return nil
}

// commit indexes what was gathered.
func (b *indexBatcher) commit() error {
	rooms := map[string]bool{}
	for _, e := range b.entries {
		rooms[e.RoomID] = true
	}
	if b.last {
		for id := range b.heads {
			rooms[id] = true
		}
	}
	if len(rooms) == 0 {
		return nil
	}
	begun := time.Now()
	var w *indexWrite
	err := b.transaction(func(tx *gorm.DB) (err error) {
		w, err = b.open(tx, slices.Sorted(maps.Keys(rooms)))
		if err != nil {
			return err
		}
		for _, e := range b.entries {
			w.entry(e)
		}
		if b.last {
			for id, head := range b.heads {
				w.head(id, head)
			}
		}
		return w.store()
	})
	if err != nil {
		return err
	}
	for id := range rooms {
		if w.lost[id] {
			b.lost = append(b.lost, id)
			delete(b.heads, id)
			b.from[id] = -1
		} else {
			b.from[id] = w.rooms[id].Version
		}
	}
	b.entries, b.size = b.entries[:0], 0
	b.yield(b.stop, time.Since(begun))
	return nil
}

// indexWrite is what one transaction writes.
type indexWrite struct {
	tx     *gorm.DB
	engine engine
	rooms  map[string]*searchRoom
	lost   map[string]bool
	n      int64 // the greatest that was given

	docs   map[[2]int64]*wordedDoc // by room and seq
	edited [][2]int64              // those among docs that have a number already
	gap    int64
}

// open reads where the index stands.
func (b *indexBatcher) open(tx *gorm.DB, ids []string) (*indexWrite, error) {
	w := &indexWrite{
		tx: tx, engine: b.engine, rooms: map[string]*searchRoom{}, lost: map[string]bool{}, docs: map[[2]int64]*wordedDoc{},
	}
	var num int64
	err := tx.Raw(`SELECT (SELECT coalesce(max(num), 0) FROM search_rooms), (SELECT coalesce(max(n), 0) FROM search_docs)`).
		Row().Scan(&num, &w.n)
	if err != nil {
		return nil, err
	}
	for part := range slices.Chunk(ids, listSize) {
		var rows []searchRoom
		if err := tx.Raw(`SELECT room_id, num, version, seq, cleared FROM search_rooms WHERE room_id IN ?`, part).Scan(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			w.rooms[r.RoomID] = &r
		}
	}
	for _, id := range ids {
		if w.rooms[id] == nil {
			num++
			w.rooms[id] = &searchRoom{RoomID: id, Num: num}
		}
		if w.rooms[id].Version != b.from[id] {
			w.lost[id] = true
		}
	}
	return w, nil
}

// entry gives the message its number, if it has none, and its words. Messages
// before it in its room that have none get theirs, too: they changed later, and
// their words come then.
func (w *indexWrite) entry(e entry) {
	r := w.rooms[e.RoomID]
	if w.lost[e.RoomID] {
		return
	}
	if e.Seq <= r.Cleared { // a tombstone that has changed again
		r.Version = e.Version
		return
	}
	top := min(e.Seq, r.Seq+maxGap-w.gap)
	for r.Seq < top {
		r.Seq++
		w.n++
		w.gap++
		w.docs[[2]int64{r.Num, r.Seq}] = &wordedDoc{doc: doc{w.n, r.Num, r.Seq}, fresh: true}
	}
	if top < e.Seq {
		w.lost[e.RoomID] = true // the rest of the room is for another transaction
		return
	}
	k := [2]int64{r.Num, e.Seq}
	d := w.docs[k]
	if d == nil {
		d = &wordedDoc{doc: doc{Room: r.Num, Seq: e.Seq}}
		w.docs[k] = d
		w.edited = append(w.edited, k)
	}
	d.words = e.words
	if len(d.words) > 0 {
		d.words = append(d.words, roomWord(r.Num))
	}
	r.Version = e.Version
}

// head says that the room is indexed up to a version.
func (w *indexWrite) head(id string, version int64) {
	if !w.lost[id] {
		w.rooms[id].Version = max(w.rooms[id].Version, version)
	}
}

// store writes all of it.
func (w *indexWrite) store() error {
	for _, k := range w.edited {
		err := w.tx.Raw(`SELECT n FROM search_docs WHERE room = ? AND seq = ?`, k[0], k[1]).Row().Scan(&w.docs[k].N)
		if err != nil {
			return err
		}
	}
	docs := make([]wordedDoc, 0, len(w.docs))
	for _, d := range w.docs {
		docs = append(docs, *d)
	}
	slices.SortFunc(docs, func(a, b wordedDoc) int { return int(a.N - b.N) })
	if err := w.engine.put(w.tx, docs); err != nil {
		return err
	}
	for _, r := range w.rooms {
		err := w.tx.Exec(`INSERT INTO search_rooms (room_id, num, version, seq) VALUES (?, ?, ?, ?)
			ON CONFLICT (room_id) DO UPDATE SET version = excluded.version, seq = excluded.seq`, r.RoomID, r.Num, r.Version, r.Seq).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// searched are the rooms with something for the index.
func (c changes) searched() []string {
	var rooms []string
	for _, list := range [][]chat.Message{c.inserts, c.updates, c.closes} {
		for i := range list {
			if list[i].Seq > 0 {
				rooms = append(rooms, list[i].Room)
			}
		}
	}
	for _, k := range c.clears {
		rooms = append(rooms, k.room)
	}
	for i := range c.rooms {
		if c.rooms[i].Deleted {
			rooms = append(rooms, c.rooms[i].ID)
		}
	}
	return rooms
}

func (b *indexBatcher) add(e entry) {
	b.entries = append(b.entries, e)
	b.size += len(e.words) + 1
}
