package store

import (
	"time"

	"gorm.io/gorm"
)

// clear drops from the index what a room was cleared of, a piece at a time from
// the oldest on, and then notes that. What had changed before the clearing and was
// not indexed yet is a tombstone now and needs no more: the room goes on behind.
func (x *indexer) clear(room lag) error {
	for {
		var ns []int64
		begun := time.Now()
		err := x.transaction(func(tx *gorm.DB) error {
			err := tx.Raw(`SELECT d.n FROM search_docs d WHERE d.room = (SELECT num FROM search_rooms WHERE room_id = ?)
				AND d.seq <= ? ORDER BY d.seq LIMIT ?`, room.ID, room.ClearedSeq, indexBatch).Scan(&ns).Error
			if err != nil {
				return err
			}
			if len(ns) > 0 {
				return x.engine.remove(tx, ns)
			}
			return tx.Exec(`INSERT INTO search_rooms (room_id, num, version, seq, cleared)
				VALUES (?, (SELECT coalesce(max(num), 0) + 1 FROM search_rooms), ?, ?, ?) ON CONFLICT (room_id) DO UPDATE SET
				version = CASE WHEN search_rooms.version > excluded.version THEN search_rooms.version ELSE excluded.version END,
				seq = CASE WHEN search_rooms.seq > excluded.seq THEN search_rooms.seq ELSE excluded.seq END,
				cleared = CASE WHEN search_rooms.cleared > excluded.cleared THEN search_rooms.cleared ELSE excluded.cleared END`,
				room.ID, room.ClearedVersion, room.ClearedSeq, room.ClearedSeq).Error
		})
		if err != nil || len(ns) == 0 {
			return err
		}
		x.yield(x.stop, time.Since(begun))
	}
}
