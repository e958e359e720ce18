package files_test

import (
	"testing"

	"parley/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }
