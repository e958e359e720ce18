package api

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// Routes are all routes of a handler that New made, documented or not.
func Routes(h http.Handler) []*echo.Route { return h.(*server).echo.Routes() }
