package testenv

import (
	"testing"
)

func TestRedisStartsAgainEmpty(t *testing.T) {
	server := Redis(t)
	client := server.Client()
	defer client.Close()
	for name, end := range map[string]func() error{"kill": server.Kill, "stop": server.Stop} {
		if err := client.Set(t.Context(), "k", "v", 0).Err(); err != nil {
			t.Fatal(err)
		}
		if err := end(); err != nil {
			t.Fatal(name, err)
		}
		if client.Ping(t.Context()).Err() == nil {
			t.Fatalf("after %s the server still answers", name)
		}
		if err := server.Start(); err != nil {
			t.Fatal(name, err)
		}
		if n, err := client.DBSize(t.Context()).Result(); err != nil || n != 0 {
			t.Fatalf("after %s: %d keys, %v; want none", name, n, err)
		}
	}
}

func TestRedisClusterIsWhole(t *testing.T) {
	cluster := RedisCluster(t)
	client := cluster.Client()
	defer client.Close()
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		if err := client.Set(t.Context(), key, "v", 0).Err(); err != nil {
			t.Fatal(key, err)
		}
	}
	for _, m := range cluster.Masters {
		one := m.Client()
		defer one.Close()
		if n, err := one.DBSize(t.Context()).Result(); err != nil || n == 0 {
			t.Errorf("%s holds %d keys, %v", m.Addr(), n, err)
		}
	}
	slot := int(client.ClusterKeySlot(t.Context(), "{moved}").Val())
	for _, m := range cluster.Masters {
		if err := cluster.Move(t.Context(), slot, m); err != nil {
			t.Fatal(err)
		}
		one := m.Client()
		defer one.Close()
		if err := one.SPublish(t.Context(), "{moved}", "x").Err(); err != nil {
			t.Errorf("the slot's new master: %v", err)
		}
	}
}
