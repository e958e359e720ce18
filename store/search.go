package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"slices"

	"parley/chat"
	"parley/internal/words"
)

const (
	// queryWords bounds the words of a query; further ones are not asked for.
	queryWords = 64
	// roomsAtOnce bounds the rooms in one condition: each costs something for every
	// message of any of them.
	roomsAtOnce = 64
)

// Indexed waits until everything that was committed before its call is found by
// words and senders. It is for tests and for whoever has just filled a database.
func (s *Store) Indexed(ctx context.Context) error { return s.index.flush(ctx) }

// search lists the messages with all words of q.Search and of q.Sender, from the
// index. The list ends at CountLimit, where the count stops. A query without any
// word (punctuation alone) finds nothing.
func (s *Store) search(ctx context.Context, q chat.MessageQuery, count bool) ([]chat.Message, int64, error) {
	asked := words.Distinct(words.Asked(q.Search), queryWords)
	if q.Search != "" && len(asked) == 0 {
		return nil, 0, nil
	}
	c := condition{all: asked, before: math.MaxInt64, oldest: q.Oldest, limit: chat.CountLimit}
	if q.Sender != "" {
		c.all = append(slices.Clip(asked), senderWord(q.Sender))
	}
	var docs []doc
	var number int64
	var err error
	switch {
	case q.Room != "":
		docs, number, err = s.searchRoom(ctx, q, c, count)
	case q.User != "":
		docs, err = s.searchRoomsOf(ctx, q.User, c)
		number = int64(len(docs))
	default:
		docs, err = s.matches(ctx, c)
		number = int64(len(docs))
	}
	if err != nil {
		return nil, 0, err
	}
	docs = docs[min(q.Skip, len(docs)):]
	docs = docs[:min(q.Limit, len(docs))]
	if nearestAfter(q) {
		slices.Reverse(docs)
	}
	messages, err := s.messagesAt(ctx, docs)
	if err != nil {
		return nil, 0, err
	}
	return slices.DeleteFunc(messages, func(m chat.Message) bool { return !answers(m, q, asked) }), number, nil
}

// answers tells whether a message that the index names still has what was asked for.
func answers(m chat.Message, q chat.MessageQuery, asked []string) bool {
	if m.Deleted || q.Sender != "" && m.Sender != q.Sender || q.Room != "" && m.Room != q.Room {
		return false
	}
	left := make(map[string]struct{}, len(asked))
	for _, w := range asked {
		left[w] = struct{}{}
	}
	for w := range words.Of(m.Text) {
		if delete(left, w); len(left) == 0 {
			break
		}
	}
	return len(left) == 0
}

// searchRoom finds messages of one room. Their number is that of the whole list,
// whatever q's bounds leave of it.
func (s *Store) searchRoom(ctx context.Context, q chat.MessageQuery, c condition, count bool) ([]doc, int64, error) {
	room, err := s.searchedRoom(ctx, q.Room)
	if err != nil || room.Num == 0 {
		return nil, 0, err
	}
	rooms := []searchRoom{room}
	var number int64
	bounded := q.Before != 0 || q.After != 0
	if count && bounded {
		all, err := s.matchesIn(ctx, rooms, c)
		if err != nil {
			return nil, 0, err
		}
		number = int64(len(all))
	}
	if q.Before != 0 && q.Before <= room.Seq {
		if c.before, err = s.numberFrom(ctx, room.Num, q.Before); err != nil {
			return nil, 0, err
		}
	}
	if q.After != 0 {
		if c.after, err = s.numberUpTo(ctx, room.Num, q.After); err != nil {
			return nil, 0, err
		}
	}
	c.oldest = q.Oldest || nearestAfter(q)
	if bounded || !count {
		c.limit = min(c.limit, q.Skip+q.Limit)
	}
	docs, err := s.matchesIn(ctx, rooms, c)
	if err != nil {
		return nil, 0, err
	}
	if !bounded {
		number = int64(len(docs))
	}
	return docs, number, nil
}

// searchedRoom returns how a room stands in the index, without a number if it is
// not there.
func (s *Store) searchedRoom(ctx context.Context, id string) (room searchRoom, err error) {
	err = s.db.search.WithContext(ctx).Raw(`SELECT room_id, num, version, seq FROM search_rooms WHERE room_id = ?`, id).Scan(&room).Error
	if err != nil {
		return room, failed("search", err)
	}
	return room, nil
}

func (s *Store) matches(ctx context.Context, c condition) ([]doc, error) {
	return s.db.engine.matches(s.db.search.WithContext(ctx), c)
}

// numberFrom returns the least number of the room's messages from seq on, above
// all numbers if there is none.
func (s *Store) numberFrom(ctx context.Context, room, seq int64) (int64, error) {
	return s.number(ctx, `SELECT n FROM search_docs WHERE room = ? AND seq >= ? ORDER BY seq LIMIT 1`, room, seq, math.MaxInt64)
}

// numberUpTo returns the greatest number of the room's messages up to seq, 0 if
// there is none.
func (s *Store) numberUpTo(ctx context.Context, room, seq int64) (int64, error) {
	return s.number(ctx, `SELECT n FROM search_docs WHERE room = ? AND seq <= ? ORDER BY seq DESC LIMIT 1`, room, seq, 0)
}

func (s *Store) number(ctx context.Context, query string, room, seq, none int64) (n int64, err error) {
	err = s.db.search.WithContext(ctx).Raw(query, room, seq).Row().Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return none, nil
	}
	if err != nil {
		return 0, failed("search", err)
	}
	return n, nil
}

// searchRoomsOf finds messages of all rooms that the user takes part in.
func (s *Store) searchRoomsOf(ctx context.Context, user string, c condition) ([]doc, error) {
	rooms, err := s.searchedRoomsOf(ctx, user)
	if err != nil || len(rooms) == 0 {
		return nil, err
	}
	return s.matchesIn(ctx, rooms, c)
}

// matchesIn finds messages of some rooms. There are two ways, and either may be
// long: to pick those rooms from all messages with the words, which is quick if
// most are in them or few have the words; or to ask for the words in each of the
// rooms, which is quick if these hold little.
func (s *Store) matchesIn(ctx context.Context, rooms []searchRoom, c condition) ([]doc, error) {
	var held int64
	for _, r := range rooms {
		held += r.Seq
	}
	scarce := 8 // where one in so many is in the rooms, it is worth to ask for each
	if len(rooms) > roomsAtOnce {
		scarce = 16
	}
	if held <= int64(s.probe) {
		return s.searchEach(ctx, rooms, c)
	}
	nums := column(rooms, func(r *searchRoom) int64 { return r.Num })
	slices.Sort(nums)
	probe := c
	probe.limit = s.probe
	found, err := s.matches(ctx, probe)
	if err != nil {
		return nil, err
	}
	docs := slices.DeleteFunc(slices.Clone(found), func(d doc) bool {
		_, in := slices.BinarySearch(nums, d.Room)
		return !in
	})
	if len(found) < s.probe || len(docs) >= c.limit {
		return docs[:min(c.limit, len(docs))], nil
	}
	if last := found[len(found)-1].N; c.oldest {
		c.after = last
	} else {
		c.before = last
	}
	c.limit -= len(docs)
	var rest []doc
	if scarce*len(docs) < s.probe {
		rest, err = s.searchEach(ctx, rooms, c)
	} else {
		c.rooms = nums
		rest, err = s.matches(ctx, c)
	}
	return append(docs, rest...), err
}

// searchEach asks for the rooms, some at a time, and merges what it finds.
func (s *Store) searchEach(ctx context.Context, rooms []searchRoom, c condition) ([]doc, error) {
	var docs []doc
	for part := range slices.Chunk(rooms, roomsAtOnce) {
		c.any, c.most = nil, 0
		for _, r := range part {
			c.any = append(c.any, roomWord(r.Num))
			c.most += r.Seq
		}
		found, err := s.matches(ctx, c)
		if err != nil {
			return nil, err
		}
		docs = append(docs, found...)
		sortDocs(docs, c.oldest)
		docs = docs[:min(c.limit, len(docs))]
	}
	return docs, nil
}

// searchedRoomsOf lists the user's rooms that the index knows.
func (s *Store) searchedRoomsOf(ctx context.Context, user string) (rooms []searchRoom, err error) {
	err = s.db.search.WithContext(ctx).Raw(`SELECT x.room_id, x.num, x.version, x.seq FROM members m JOIN rooms r ON r.id = m.room_id
		JOIN search_rooms x ON x.room_id = m.room_id
		WHERE m.user_id = ? AND m.state = 'active' AND NOT r.deleted ORDER BY x.num`, user).Scan(&rooms).Error
	if err != nil {
		return nil, failed("search", err)
	}
	return rooms, nil
}

// messagesAt reads the messages at these places, in their order. Those of deleted
// rooms are left out.
func (s *Store) messagesAt(ctx context.Context, docs []doc) ([]chat.Message, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	nums := column(docs, func(d *doc) int64 { return d.Room })
	slices.Sort(nums)
	var rooms []struct {
		ID  string
		Num int64
	}
	err := s.db.search.WithContext(ctx).Raw(`SELECT r.id, x.num FROM search_rooms x JOIN rooms r ON r.id = x.room_id
		WHERE x.num IN ? AND NOT r.deleted`, slices.Compact(nums)).Scan(&rooms).Error
	if err != nil {
		return nil, failed("search", err)
	}
	ids := make(map[int64]string, len(rooms))
	for _, r := range rooms {
		ids[r.Num] = r.ID
	}
	type place struct {
		Room string `json:"room"`
		Seq  int64  `json:"seq"`
	}
	var places []place
	for _, d := range docs {
		if id, ok := ids[d.Room]; ok {
			places = append(places, place{id, d.Seq})
		}
	}
	text, err := json.Marshal(places)
	if err != nil {
		return nil, err
	}
	messages, err := scanMessages(s.db.engine.places(s.db.search.WithContext(ctx), string(text)))
	if err != nil {
		return nil, err
	}
	byPlace := make(map[place]chat.Message, len(messages))
	for _, m := range messages {
		byPlace[place{m.Room, m.Seq}] = m
	}
	messages = messages[:0]
	for _, p := range places {
		if m, ok := byPlace[p]; ok {
			messages = append(messages, m)
		}
	}
	return messages, nil
}
