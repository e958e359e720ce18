package files

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// s3Config is what an s3 URL says.
type s3Config struct {
	bucket   string
	prefix   string // "" or ends with a slash
	endpoint string // host:port
	secure   bool
	region   string
	lookup   minio.BucketLookupType
}

// parseS3 reads an s3 URL. Its errors repeat nothing of the URL but the names of
// parameters: somebody may have put a key into it.
func parseS3(text string) (s3Config, error) {
	u, err := url.Parse(text)
	if err != nil {
		return s3Config{}, errors.New("files: the s3 URL is malformed")
	}
	if u.User != nil || u.Port() != "" || u.Fragment != "" {
		return s3Config{}, errors.New("files: the s3 URL names more than s3://BUCKET/PREFIX?PARAMETERS; keys have settings of their own")
	}
	c := s3Config{bucket: u.Host, region: "us-east-1"}
	if prefix := strings.Trim(u.Path, "/"); prefix != "" {
		c.prefix = prefix + "/"
	}
	if err := c.names(); err != nil {
		return s3Config{}, err
	}
	params, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return s3Config{}, errors.New("files: the parameters of the s3 URL are malformed")
	}
	return c, c.read(params)
}

func (c s3Config) names() error {
	if err := s3utils.CheckValidBucketName(c.bucket); err != nil {
		return errors.New("files: the s3 URL names no valid bucket")
	}
	if err := s3utils.CheckValidObjectNamePrefix(c.prefix); err != nil {
		return errors.New("files: the s3 URL has no valid prefix")
	}
	return nil
}

func (c *s3Config) read(params url.Values) error {
	endpoint := ""
	for name, values := range params {
		if len(values) != 1 || values[0] == "" {
			return fmt.Errorf("files: the s3 URL must give %s one value", name)
		}
		switch value := values[0]; name {
		case "endpoint":
			endpoint = value
		case "region":
			c.region = value
		case "path_style":
			path, err := strconv.ParseBool(value)
			if err != nil {
				return errors.New("files: path_style in the s3 URL is neither true nor false")
			}
			c.lookup = minio.BucketLookupDNS
			if path {
				c.lookup = minio.BucketLookupPath
			}
		default:
			return fmt.Errorf("files: the s3 URL knows no parameter %q", name)
		}
	}
	if endpoint == "" {
		endpoint = "https://s3." + c.region + ".amazonaws.com"
	}
	return c.reach(endpoint)
}

func (c *s3Config) reach(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" ||
		u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("files: endpoint in the s3 URL is not of the form https://HOST:PORT")
	}
	c.endpoint, c.secure = u.Host, u.Scheme == "https"
	return nil
}

// client speaks to the server with these keys.
func (c s3Config) client(accessKey, secretKey string, transport http.RoundTripper) (*minio.Core, error) {
	return minio.NewCore(c.endpoint, &minio.Options{
		Creds:        credentials.NewStaticV4(accessKey, secretKey, ""),
		Secure:       c.secure,
		Transport:    transport,
		Region:       c.region,
		BucketLookup: c.lookup,
		MaxRetries:   s3Tries,
	})
}
