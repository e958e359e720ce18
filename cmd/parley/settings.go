package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"parley/assistant"
	"parley/auth"
	"parley/chat"
	"parley/files"
	"parley/limit"
)

// database is the one setting that every command needs.
type database struct {
	DatabaseURL     string `env:"PARLEY_DATABASE_URL" default:"sqlite://data/parley.db" help:"sqlite://PATH or postgres://..."`
	DatabaseURLFile string `env:"PARLEY_DATABASE_URL_FILE" help:"A file that holds it; without one, PARLEY_DATABASE_URL counts."`
}

// AfterApply is called by kong: what the file holds is the URL. That it is also given
// is no mistake, for it always is, by default.
func (d *database) AfterApply() error {
	var m mistakes
	if url := secretOf("", d.DatabaseURLFile, "PARLEY_DATABASE_URL", &m); url != "" {
		d.DatabaseURL = url
	} else if d.DatabaseURLFile != "" && len(m) == 0 {
		m.add("PARLEY_DATABASE_URL_FILE", errors.New("is empty"))
	}
	return errors.Join(m...)
}

// secrets are the settings that tokens are made and checked with.
type secrets struct {
	JWTSecret        string `name:"jwt-secret" env:"PARLEY_JWT_SECRET" help:"HS256 secret, at least 32 bytes. With SQLite one is made beside the database."`
	JWTSecretFile    string `name:"jwt-secret-file" env:"PARLEY_JWT_SECRET_FILE" help:"A file that holds it."`
	JWTPublicKey     string `name:"jwt-public-key" env:"PARLEY_JWT_PUBLIC_KEY" help:"PEM of outside tokens' keys (RS256, ES256, EdDSA)."`
	JWTPublicKeyFile string `name:"jwt-public-key-file" env:"PARLEY_JWT_PUBLIC_KEY_FILE" help:"A file that holds it."`
	JWTJWKSURL       string `name:"jwt-jwks-url" env:"PARLEY_JWT_JWKS_URL" help:"Where outside tokens' keys are published."`
	JWTIssuer        string `name:"jwt-issuer" env:"PARLEY_JWT_ISSUER" help:"The iss that outside tokens must have."`
	JWTAudience      string `name:"jwt-audience" env:"PARLEY_JWT_AUDIENCE" help:"The aud that outside tokens must have."`
}

// limits are the contract's figures. A rate is written 50/s, 10/m, 50/s:1000
// (with a burst) or off.
type limits struct {
	RateLimits         string `env:"PARLEY_RATE_LIMITS" default:"on" help:"off lifts all rates and counts, for load tests."`
	LimitEvents        string `env:"PARLEY_LIMIT_EVENTS" default:"50/s:1000" help:"Events of a connection."`
	LimitTyping        string `env:"PARLEY_LIMIT_TYPING" default:"20/s" help:"Typing events of a connection, and of a user."`
	LimitMessages      string `env:"PARLEY_LIMIT_MESSAGES" default:"100/s:2000" help:"Messages, uploads and rooms made, joined and left by a user."`
	LimitConnections   string `env:"PARLEY_LIMIT_CONNECTIONS" default:"100/s:500" help:"New connections of an address."`
	LimitOpen          int    `env:"PARLEY_LIMIT_OPEN" default:"2000" help:"Open connections of an address."`
	LimitLogins        string `env:"PARLEY_LIMIT_LOGINS" default:"10/m" help:"Logins of an account."`
	LimitLoginsIP      string `name:"limit-logins-ip" env:"PARLEY_LIMIT_LOGINS_IP" default:"60/m" help:"Logins of an address."`
	LimitGuests        string `env:"PARLEY_LIMIT_GUESTS" default:"30/m" help:"New guests, and new conversations of customers, of an address."`
	LimitCustomerPosts string `env:"PARLEY_LIMIT_CUSTOMER_POSTS" default:"120/m" help:"Customers' posts over HTTP, of an address."`
	LimitReplies       string `env:"PARLEY_LIMIT_REPLIES" default:"1/s:10" help:"Replies that a user's questions start."`
	LimitFrame         int64  `env:"PARLEY_LIMIT_FRAME" default:"1000000" help:"Bytes of a frame or a JSON body."`
	LimitContent       int    `env:"PARLEY_LIMIT_CONTENT" default:"65536" help:"Bytes of a message's text."`
	LimitUsers         int    `env:"PARLEY_LIMIT_USERS" default:"1000" help:"User ids in one call."`
	LimitNonce         int    `env:"PARLEY_LIMIT_NONCE" default:"128" help:"Bytes of a nonce."`
	LimitFile          int64  `env:"PARLEY_LIMIT_FILE" default:"26214400" help:"Bytes of an uploaded file."`
	LimitOutbox        int    `env:"PARLEY_LIMIT_OUTBOX" default:"1048576" help:"Bytes that a connection may be behind."`
}

// assistants are the settings of what answers in conversations.
type assistants struct {
	AssistantURL      string `env:"PARLEY_ASSISTANT_URL" help:"Base of an OpenAI-compatible interface, such as http://127.0.0.1:11434/v1. Without it the built-in mock replies."`
	AssistantKey      string `env:"PARLEY_ASSISTANT_KEY" help:"Its key."`
	AssistantKeyFile  string `env:"PARLEY_ASSISTANT_KEY_FILE" help:"A file that holds it."`
	AssistantModel    string `env:"PARLEY_ASSISTANT_MODEL" help:"The model it is asked for."`
	AssistantContext  int    `env:"PARLEY_ASSISTANT_CONTEXT" default:"8000" help:"Tokens, as estimated, that a request may hold."`
	EncryptionKey     string `env:"PARLEY_ENCRYPTION_KEY" help:"Encrypts stored upstream keys, at least 32 bytes. With SQLite one is made beside the database."`
	EncryptionKeyFile string `env:"PARLEY_ENCRYPTION_KEY_FILE" help:"A file that holds it."`
	SessionGrace      string `env:"PARLEY_SESSION_GRACE" default:"60s" help:"How long a chatbot session outlives its socket."`
	SessionIdle       string `env:"PARLEY_SESSION_IDLE" default:"30m" help:"How long a chatbot session may be unused."`
}

// defaultAddr are the ports that existing clients' documents name.
const defaultAddr = ":3000,:3001,:8000"

// storage says where files are kept.
type storage struct {
	FilesURL        string `env:"PARLEY_FILES_URL" help:"Where files are kept: file://DIRECTORY (the default: files, beside the SQLite database or in data), or s3://BUCKET/PREFIX?endpoint=https://HOST&region=NAME."`
	S3AccessKey     string `name:"s3-access-key" env:"PARLEY_S3_ACCESS_KEY" help:"Key id for s3://."`
	S3SecretKey     string `name:"s3-secret-key" env:"PARLEY_S3_SECRET_KEY" help:"Secret key for s3://."`
	S3SecretKeyFile string `name:"s3-secret-key-file" env:"PARLEY_S3_SECRET_KEY_FILE" help:"A file that holds it."`
}

// options returns the place; without a setting it is beside the database.
func (c storage) options(databaseURL string, log *slog.Logger, m *mistakes) files.Options {
	o := files.Options{
		URL: c.FilesURL, AccessKey: c.S3AccessKey, Log: log,
		SecretKey: secretOf(c.S3SecretKey, c.S3SecretKeyFile, "PARLEY_S3_SECRET_KEY", m),
	}
	if o.URL == "" {
		dir := "data"
		if path, sqlite := strings.CutPrefix(databaseURL, "sqlite://"); sqlite {
			dir = filepath.Dir(path)
		}
		o.URL = "file://" + filepath.Join(dir, "files")
	}
	return o
}

// serveCommand has every setting of the server.
type serveCommand struct {
	database
	secrets
	limits
	storage
	assistants
	customers
	pages
	nodes
	Addr              string `env:"PARLEY_ADDR" default:":3000,:3001,:8000" help:"Where to listen, separated by commas."`
	OpsAddr           string `env:"PARLEY_OPS_ADDR" default:"127.0.0.1:3002" help:"Where to serve /metrics and /debug/pprof/; off for nowhere."`
	MasterKey         string `env:"PARLEY_MASTER_KEY" help:"What administrators' requests must carry as masterkey."`
	MasterKeyFile     string `env:"PARLEY_MASTER_KEY_FILE" help:"A file that holds it."`
	CORSOrigins       string `name:"cors-origins" env:"PARLEY_CORS_ORIGINS" default:"*" help:"Origins that browsers may call from, separated by commas."`
	TrustedProxies    string `env:"PARLEY_TRUSTED_PROXIES" help:"Networks whose X-Forwarded-For and X-Forwarded-Prefix are believed, separated by commas."`
	Accounts          string `env:"PARLEY_ACCOUNTS" default:"local" help:"local: accounts and guests are kept here. off: outside tokens alone."`
	OpenUsers         bool   `env:"PARLEY_OPEN_USERS" default:"false" help:"Let unknown user ids be added to rooms."`
	AllowEdit         bool   `name:"allow-message-edit" env:"PARLEY_ALLOW_MESSAGE_EDIT" default:"true" negatable:"" help:"Let senders edit their messages."`
	AllowDelete       bool   `name:"allow-message-delete" env:"PARLEY_ALLOW_MESSAGE_DELETE" default:"true" negatable:"" help:"Let senders delete their messages."`
	ExplicitRoomJoins bool   `env:"PARLEY_EXPLICIT_ROOM_JOINS" default:"false" help:"Invite users to rooms instead of adding them."`
	DeleteEmptyRooms  bool   `env:"PARLEY_DELETE_EMPTY_ROOMS" default:"false" help:"Delete a room when its last member leaves."`
	LogLevel          string `env:"PARLEY_LOG_LEVEL" default:"info" help:"debug, info, warn or error."`
	LogFormat         string `env:"PARLEY_LOG_FORMAT" default:"text" help:"text or json."`
	DrainTimeout      string `env:"PARLEY_DRAIN_TIMEOUT" default:"20s" help:"How long a shutdown may take."`
	ReconnectSpread   string `env:"PARLEY_RECONNECT_SPREAD" default:"5s" help:"Over how long clients are told to come back after a shutdown."`
	HeartbeatInterval string `env:"PARLEY_HEARTBEAT_INTERVAL" default:"25s" help:"How often a Socket.IO client is pinged."`
	HeartbeatTimeout  string `env:"PARLEY_HEARTBEAT_TIMEOUT" default:"20s" help:"How long its answer may take."`
}

// settings are the command's settings, checked.
type settings struct {
	addrs     []string
	isDefault bool // the addresses are those nobody chose
	log       *slog.Logger
	auth      auth.Config
	files     files.Options
	masterKey string
	upstream  assistant.Backend // nil where it cannot be used
	hosted    bool              // it speaks for chatbots without a URL of their own
	vault     chat.Vault        // nil where there is no key
	grace     time.Duration
	idle      time.Duration
	// agentGrace and networks are those of customers.
	agentGrace time.Duration
	networks   []netip.Prefix
	origins    []string
	proxies    []netip.Prefix
	basePath   string
	rates      rates
	redisURL   string // "" for one node
	nodeURL    string
	drain      time.Duration
	spread     time.Duration
	ping       time.Duration
	pingWait   time.Duration
}

// rates are nil-able: without limits the zero Rate lets everything through.
type rates struct {
	events, typing, messages, connections, logins, loginsIP, guests, replies, customerPosts limit.Rate

	open int
}

// mistakes collects what is wrong with settings, so that all is told at once.
type mistakes []error

func (m *mistakes) add(setting string, err error) {
	if err != nil {
		*m = append(*m, fmt.Errorf("%s: %w", setting, err))
	}
}

// check returns the settings, or everything that is wrong with them.
func (c *serveCommand) check(s streams) (settings, error) {
	var m mistakes
	set := settings{addrs: split(c.Addr), isDefault: c.Addr == defaultAddr, origins: split(c.CORSOrigins)}
	if len(set.addrs) == 0 {
		m.add("PARLEY_ADDR", errors.New("names no address"))
	}
	set.log = c.logger(s, &m)
	set.auth = c.authConfig(c.DatabaseURL, &m)
	set.files = c.storage.options(c.DatabaseURL, set.log, &m)
	set.masterKey = secretOf(c.MasterKey, c.MasterKeyFile, "PARLEY_MASTER_KEY", &m)
	set.upstream, set.hosted = c.upstream(set.log, &m), c.AssistantURL != ""
	set.vault = c.vault(c.DatabaseURL, &m)
	set.grace = duration(c.SessionGrace, "PARLEY_SESSION_GRACE", &m)
	if set.agentGrace = duration(c.AgentGrace, "PARLEY_AGENT_GRACE", &m); set.agentGrace > 0 && set.agentGrace < time.Second {
		m.add("PARLEY_AGENT_GRACE", errors.New("must be at least a second"))
	}
	set.networks = c.customers.networks(&m)
	set.idle = duration(c.SessionIdle, "PARLEY_SESSION_IDLE", &m)
	set.basePath = c.pages.base(&m)
	set.redisURL, set.nodeURL = c.nodes.check(c.DatabaseURL, append(set.addrs, "")[0], &m)
	for _, p := range split(c.TrustedProxies) {
		prefix, err := parsePrefix(p)
		m.add("PARLEY_TRUSTED_PROXIES", err)
		set.proxies = append(set.proxies, prefix)
	}
	if c.Accounts != "local" && c.Accounts != "off" {
		m.add("PARLEY_ACCOUNTS", fmt.Errorf("%q is neither local nor off", c.Accounts))
	}
	set.rates = c.rates(&m)
	set.drain = duration(c.DrainTimeout, "PARLEY_DRAIN_TIMEOUT", &m)
	set.spread = duration(c.ReconnectSpread, "PARLEY_RECONNECT_SPREAD", &m)
	set.ping = duration(c.HeartbeatInterval, "PARLEY_HEARTBEAT_INTERVAL", &m)
	set.pingWait = duration(c.HeartbeatTimeout, "PARLEY_HEARTBEAT_TIMEOUT", &m)
	return set, errors.Join(m...)
}

func (l limits) rates(m *mistakes) rates {
	if l.RateLimits == "off" {
		return rates{}
	}
	if l.RateLimits != "on" {
		m.add("PARLEY_RATE_LIMITS", fmt.Errorf("%q is neither on nor off", l.RateLimits))
	}
	r := rates{open: l.LimitOpen}
	for _, one := range []struct {
		name, text string
		rate       *limit.Rate
	}{
		{"PARLEY_LIMIT_EVENTS", l.LimitEvents, &r.events},
		{"PARLEY_LIMIT_TYPING", l.LimitTyping, &r.typing},
		{"PARLEY_LIMIT_MESSAGES", l.LimitMessages, &r.messages},
		{"PARLEY_LIMIT_CONNECTIONS", l.LimitConnections, &r.connections},
		{"PARLEY_LIMIT_LOGINS", l.LimitLogins, &r.logins},
		{"PARLEY_LIMIT_LOGINS_IP", l.LimitLoginsIP, &r.loginsIP},
		{"PARLEY_LIMIT_GUESTS", l.LimitGuests, &r.guests},
		{"PARLEY_LIMIT_REPLIES", l.LimitReplies, &r.replies},
		{"PARLEY_LIMIT_CUSTOMER_POSTS", l.LimitCustomerPosts, &r.customerPosts},
	} {
		var err error
		*one.rate, err = limit.ParseRate(one.text)
		m.add(one.name, err)
	}
	return r
}

func (c *serveCommand) logger(s streams, m *mistakes) *slog.Logger {
	var level slog.Level
	m.add("PARLEY_LOG_LEVEL", level.UnmarshalText([]byte(c.LogLevel)))
	o := &slog.HandlerOptions{Level: level}
	switch c.LogFormat {
	case "json":
		return slog.New(slog.NewJSONHandler(s.err, o))
	case "text":
	default:
		m.add("PARLEY_LOG_FORMAT", fmt.Errorf("%q is neither text nor json", c.LogFormat))
	}
	return slog.New(slog.NewTextHandler(s.err, o))
}

// authConfig reads the secrets; with SQLite a missing one is made beside the database.
func (c secrets) authConfig(databaseURL string, m *mistakes) auth.Config {
	cfg := auth.Config{JWKSURL: c.JWTJWKSURL, Issuer: c.JWTIssuer, Audience: c.JWTAudience}
	cfg.PublicKeys = []byte(secretOf(c.JWTPublicKey, c.JWTPublicKeyFile, "PARLEY_JWT_PUBLIC_KEY", m))
	cfg.Secret = []byte(secretOf(c.JWTSecret, c.JWTSecretFile, "PARLEY_JWT_SECRET", m))
	path, sqlite := strings.CutPrefix(databaseURL, "sqlite://")
	switch {
	case len(cfg.Secret) > 0:
		m.add("PARLEY_JWT_SECRET", auth.CheckSecret(cfg.Secret))
	case c.JWTSecretFile != "": // said already
	case sqlite:
		dir := filepath.Dir(path)
		m.add("PARLEY_DATABASE_URL", os.MkdirAll(dir, 0o750))
		secret, err := auth.LoadOrCreateSecret(filepath.Join(dir, "jwt.secret"))
		m.add("PARLEY_JWT_SECRET", err)
		cfg.Secret = secret
	default:
		m.add("PARLEY_JWT_SECRET", errors.New("is required with PostgreSQL: all nodes share it"))
	}
	return cfg
}

// upstream checks what speaks for chatbots without an upstream of their own.
func (c assistants) upstream(log *slog.Logger, m *mistakes) assistant.Backend {
	o := assistant.UpstreamOptions{URL: c.AssistantURL, Model: c.AssistantModel, Log: log}
	o.Key = secretOf(c.AssistantKey, c.AssistantKeyFile, "PARLEY_ASSISTANT_KEY", m)
	if c.AssistantURL == "" && (o.Key != "" || o.Model != "") {
		m.add("PARLEY_ASSISTANT_URL", errors.New("is required with a key or a model"))
	}
	if c.AssistantContext < minContext {
		m.add("PARLEY_ASSISTANT_CONTEXT", fmt.Errorf("must be at least %d", minContext))
	}
	u, err := assistant.NewUpstream(o)
	m.add("PARLEY_ASSISTANT_URL", err)
	return u
}

// minContext is the least that holds an instruction and a question.
const minContext = 500

// vault makes what encrypts stored keys; with SQLite a missing key is made beside
// the database, with PostgreSQL none can be stored without it.
func (c assistants) vault(databaseURL string, m *mistakes) chat.Vault {
	key := []byte(secretOf(c.EncryptionKey, c.EncryptionKeyFile, "PARLEY_ENCRYPTION_KEY", m))
	if path, sqlite := strings.CutPrefix(databaseURL, "sqlite://"); sqlite && len(key) == 0 && c.EncryptionKeyFile == "" {
		var err error
		key, err = auth.LoadOrCreateSecret(filepath.Join(filepath.Dir(path), "encryption.key"))
		m.add("PARLEY_ENCRYPTION_KEY", err)
		if err != nil {
			return nil
		}
	}
	if len(key) == 0 {
		return nil
	}
	v, err := auth.NewVault(key)
	m.add("PARLEY_ENCRYPTION_KEY", err)
	return v
}

// secretOf returns the setting or what the file holds.
func secretOf(value, file, name string, m *mistakes) string {
	if value != "" && file != "" {
		m.add(name, errors.New("is set twice, also as a file"))
	}
	if file == "" {
		return value
	}
	content, err := os.ReadFile(file) //nolint:gosec // the operator names it
	m.add(name+"_FILE", err)
	return strings.TrimSpace(string(content))
}

func duration(text, name string, m *mistakes) time.Duration {
	d, err := time.ParseDuration(text)
	if err == nil && d <= 0 {
		err = errors.New("must be more than nothing")
	}
	m.add(name, err)
	return d
}

func parsePrefix(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	return netip.ParsePrefix(s)
}

func split(list string) []string {
	var items []string
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// redacted is a database URL without its password.
func redacted(databaseURL string) string {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "(unreadable)"
	}
	return u.Redacted()
}
