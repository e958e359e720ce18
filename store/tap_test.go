package store

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm/logger"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// tapLogger hands on the statements that GORM traces, with arguments in double quotes.
type tapLogger struct {
	logger.Interface
	seen func(string)
}

func (l tapLogger) LogMode(logger.LogLevel) logger.Interface { return l }

func (l tapLogger) Trace(_ context.Context, _ time.Time, fc func() (string, int64), _ error) {
	sql, _ := fc()
	l.seen(sql)
}

// tap shows every read's statement to seen and returns what explains one.
func tap(s *Store, seen func(string)) (explain func(sql string) string) {
	db := *s.db.read.Config
	db.Logger = tapLogger{logger.Discard, seen}
	quiet := *s.db.read
	s.db.read.Config = &db
	if s.db.prepared != s.db.read {
		prepared := *s.db.prepared.Config
		prepared.Logger = db.Logger
		s.db.prepared.Config = &prepared
	}
	return func(sql string) string {
		var rows []struct{ Detail string }
		if err := quiet.Raw("EXPLAIN QUERY PLAN " + strings.NewReplacer("?", "'x'", `"`, "'").Replace(sql)).Scan(&rows).Error; err != nil {
			return "SCAN of what cannot be explained: " + err.Error()
		}
		var plan strings.Builder
		for _, r := range rows {
			plan.WriteString(r.Detail + "\n")
		}
		return plan.String()
	}
}
