package app

import (
	"time"

	"example.com/aye/internal/aside"
	"example.com/aye/internal/secret"
)

// Config is every setting. `aye help config` prints it, docs/operating.md explains it. A
// setting comes from its default, the file, the environment (AYE_ and the name in capitals
// with _ for the point: mail.host is AYE_MAIL_HOST), or a flag; the later ones win.
type Config struct {
	Origin         string        `koanf:"origin" default:"http://localhost:8080" help:"The address at which phones and login pages reach Aye: scheme, host and port, without a slash at the end. Phones sign for it, so it cannot change later. https, except for localhost."`
	Listen         string        `koanf:"listen" default:"127.0.0.1:8080" help:"The address and port that the server listens on."`
	MetricsListen  string        `koanf:"metrics_listen" default:"127.0.0.1:9464" help:"The address and port of /metrics, for Prometheus. Empty for none."`
	DataDir        string        `koanf:"data_dir" default:"./aye-data" help:"The folder of the database and the key. Made with mode 0700."`
	Key            secret.Secret `koanf:"key" help:"The key that seals secrets in the database: 32 bytes in base64. Better give key_file."`
	KeyFile        string        `koanf:"key_file" help:"The file with that key, readable by Aye alone (mode 0400). Without it and without key, the file key in data_dir, which is made at the first start."`
	TLSCertificate string        `koanf:"tls_certificate" help:"The file with the certificate chain, in PEM. Empty where a proxy in front speaks TLS."`
	TLSKey         string        `koanf:"tls_key" help:"The file with the certificate's private key, in PEM."`
	TrustedProxies []string      `koanf:"trusted_proxies" help:"The networks (CIDR) of proxies whose X-Forwarded-For is believed. Empty believes nobody."`
	PhoneOrigins   []string      `koanf:"phone_origins" help:"Web origins at which a phone in a browser may live. Empty for none, which is right outside of demonstrations."`
	AppStore       string        `koanf:"app_store" help:"Where people get your app for iOS."`
	PlayStore      string        `koanf:"play_store" help:"Where people get your app for Android."`
	PlacesFile     string        `koanf:"places_file" help:"A database of cities or countries in the GeoIP2 form (.mmdb), by which the phone shows where a login comes from. Empty shows the address alone."`
	LogLevel       string        `koanf:"log_level" default:"info" help:"debug, info, warn or error."`
	LogFormat      string        `koanf:"log_format" default:"json" help:"json or text."`
	DrainTime      time.Duration `koanf:"drain_time" default:"10s" help:"How long a stopping server waits for what is under way: 1s to 60s."`
	DrainDelay     time.Duration `koanf:"drain_delay" default:"3s" help:"How long a server that is told to stop goes on first, while /readyz says 503, so that balancers send people elsewhere: 0s to 20s. Only on PostgreSQL: a server alone has nobody to send them to."`
	PushWorkers    int           `koanf:"push_workers" default:"64" help:"Pushes at one time for each app: 1 to 1000."`
	PushQueue      int           `koanf:"push_queue" default:"10000" help:"Pushes that may wait for each app: 1 to 1000000. What does not fit is shown as a failed delivery."`
	Connections    int           `koanf:"connections" default:"0" help:"Connections at one time, waiting browsers among them: 100 to 1000000. 0 for as many as the limit on open files leaves room for, and 100000 at most."`
	AddressShare   int           `koanf:"address_share" default:"2000" help:"Connections of one address (of IPv6: one /64) at one time, but for waiting browsers: 10 to 1000000. Trusted proxies have no such limit."`
	WebhookPrivate bool          `koanf:"webhook_private" help:"Lets webhooks go to private addresses: true or false. Only where applications live in the same network as Aye."`
	Database       Database      `koanf:"database"`
	Mail           Mail          `koanf:"mail"`
	SMS            SMS           `koanf:"sms"`
	Support        Support       `koanf:"support"`
	Audit          Audit         `koanf:"audit"`
	NATS           NATS          `koanf:"nats"`
	Tracing        Tracing       `koanf:"tracing"`
	Push           []PushApp     `koanf:"push" help:"One entry for each app that people use, in the file."`

	// Version is this program's, for those who watch it. It is no setting.
	Version string `koanf:"-"`
	// Aside is this program, to be started once more for the passwords of strangers; without a file they are hashed in the server. It is
	// no setting.
	Aside aside.Program `koanf:"-"`
}

// Database says that everything is kept in PostgreSQL, where several servers share it. Without it there is a file of SQLite
// in data_dir.
type Database struct {
	URL         secret.Secret `koanf:"url" help:"The URL of PostgreSQL, such as postgres://aye:password@db.example.com:5432/aye?sslmode=verify-full. It must say sslmode. Better give url_file. Empty for a file of SQLite in data_dir."`
	URLFile     string        `koanf:"url_file" help:"The file with that URL."`
	Connections int           `koanf:"connections" default:"16" help:"Connections of this server to PostgreSQL: 6 to 1000. Seven of them are kept for those who read and for logins that are made together."`
}

// Mail says how announcements reach people.
type Mail struct {
	Host         string        `koanf:"host" help:"The mail server. Empty writes to the log that a mail was due."`
	Port         int           `koanf:"port" default:"587" help:"Its port: 1 to 65535."`
	Username     string        `koanf:"username" help:"The user name there. Empty for a server that asks for none."`
	Password     secret.Secret `koanf:"password" help:"The password there. Better give password_file."`
	PasswordFile string        `koanf:"password_file" help:"The file with that password."`
	From         string        `koanf:"from" help:"The sender, for example: Aye <aye@example.com>."`
	Plain        bool          `koanf:"plain" help:"Sends without TLS: true or false. Only for a server on the same machine."`
}

// SMS says what text messages cost, and where the vendors are. Whose account sends them is no
// setting: it is set up with `aye sms-provider` and on the pages.
type SMS struct {
	Country             string     `koanf:"country" default:"NL" help:"The country where most people's numbers are: two capital letters of ISO 3166-1. Organisations that say nothing send there alone."`
	Currency            string     `koanf:"currency" default:"EUR" help:"The currency of all prices and caps here: three capital letters of ISO 4217."`
	UnknownPrice        string     `koanf:"unknown_price" default:"0.25" help:"What one part of a message counts to a country without a price: 0 to 10, with six decimals at most."`
	OperatorCap         string     `koanf:"operator_cap" default:"50" help:"The most that the messages that the operator pays may cost in a calendar month (UTC): 0.01 to 100000."`
	LoginEnds           string     `koanf:"login_ends" help:"The day, such as 2027-01-01, from whose beginning (UTC) the operator pays for no logging in any more. Empty: the operator pays for none."`
	MessageBirdEndpoint string     `koanf:"messagebird_endpoint" help:"Another address than MessageBird's own: scheme, host and port, without a slash at the end. For a stand-in."`
	BirdEndpoint        string     `koanf:"bird_endpoint" help:"Another address than Bird's own, in the same form. For a stand-in, or where Bird says so."`
	RootsFile           string     `koanf:"roots_file" help:"Certificates to trust at both, in PEM. Empty for the system's."`
	Prices              []SMSPrice `koanf:"prices" help:"One entry for each country and time, in the file. The ones of a country stand in for those that are built in."`
}

// SMSPrice is what a message to a country costs, for a time.
type SMSPrice struct {
	Country string `koanf:"country" help:"Two capital letters of ISO 3166-1. Without any, the Netherlands have 0.056 EUR from 2021-09-01."`
	Price   string `koanf:"price" help:"What one part of a message costs: 0 to 10, with six decimals at most."`
	From    string `koanf:"from" help:"Its first day (UTC), such as 2027-01-01. Empty: since ever. Of those that count, the one that began last is taken."`
	Until   string `koanf:"until" help:"The day (UTC) from which it counts no longer. Empty for no end."`
}

// Audit says where the signed checkpoints of the audit log go. A copy on another machine is what shows that somebody who has this
// one rewrote the log.
type Audit struct {
	CheckpointEvery   time.Duration `koanf:"checkpoint_every" default:"1h" help:"How often a chain of the audit log that grew is signed: 1m to 24h."`
	File              string        `koanf:"file" help:"A file to which each signed checkpoint is appended, best on another machine's disk. Empty for none."`
	Syslog            string        `koanf:"syslog" help:"Where checkpoints go as RFC 5424: udp://host:514, tcp://host:601, tls://host:6514, or unix:///dev/log. Empty for none."`
	SyslogRootsFile   string        `koanf:"syslog_roots_file" help:"Certificates to trust there, in PEM. Empty for the system's."`
	WebhookURL        string        `koanf:"webhook_url" help:"Where checkpoints go as signed webhooks, as Standard Webhooks say; https, except for localhost. Empty for none."`
	WebhookSecretFile string        `koanf:"webhook_secret_file" help:"The file with the secret that signs them: whsec_ and base64 of 24 to 64 bytes."`
}

// NATS says where the nodes of one database hear of each other's changes.
type NATS struct {
	URL             secret.Secret `koanf:"url" help:"The address of NATS, such as nats://nats.example.com:4222 or tls://nats.example.com:4222; several of a cluster with commas between. For several servers on one database. Empty for one server alone."`
	CredentialsFile string        `koanf:"credentials_file" help:"A file with what NATS knows this server by: a JWT with its seed (.creds), an nkey seed, or one line user:password."`
	RootsFile       string        `koanf:"roots_file" help:"Certificates to trust there, in PEM; with it, TLS is asked for. Empty for the system's."`
	CertificateFile string        `koanf:"certificate_file" help:"The certificate that this server shows there, in PEM. Empty for none."`
	KeyFile         string        `koanf:"key_file" help:"The private key of that certificate, in PEM."`
}

// Tracing says where traces of logins go.
type Tracing struct {
	Endpoint    string  `koanf:"endpoint" help:"The address of a collector of OpenTelemetry (OTLP over HTTP), such as https://collector.example.com:4318; https, except for localhost. Without a path, /v1/traces is meant. Empty for no traces."`
	Ratio       float64 `koanf:"ratio" default:"1" help:"Which part of all logins is traced: above 0, and 1 at most."`
	HeadersFile string  `koanf:"headers_file" help:"A file with headers for the collector, one a line, such as Authorization: Bearer and a token."`
	RootsFile   string  `koanf:"roots_file" help:"Certificates to trust there, in PEM. Empty for the system's."`
}

// Support says who helps people whom no organisation may help alone.
type Support struct {
	Organisation string `koanf:"organisation" help:"The id of the organisation whose support staff is the operator's: it signs where a person belongs to several organisations. Empty: only the command line does."`
}

// PushApp is an app of yours, and the credentials to wake it with.
type PushApp struct {
	Provider        string `koanf:"provider" help:"fcm (Google) or apns (Apple)."`
	App             string `koanf:"app" help:"The package name (fcm) or the bundle id (apns)."`
	CredentialsFile string `koanf:"credentials_file" help:"The service account as JSON (fcm), or the .p8 signing key (apns)."`
	KeyID           string `koanf:"key_id" help:"apns: the id of the signing key, 10 characters."`
	TeamID          string `koanf:"team_id" help:"apns: the id of your team, 10 characters."`
	Environment     string `koanf:"environment" help:"apns: production or sandbox. For both, make two entries."`
	Endpoint        string `koanf:"endpoint" help:"Another address than the vendor's, for a stand-in."`
	RootsFile       string `koanf:"roots_file" help:"Certificates to trust there, in PEM. Empty for the system's."`
}
