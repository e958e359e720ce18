# Pages, then a static binary, then nothing but the two.
FROM node:20.20-bookworm-slim AS pages
WORKDIR /src/frontend
COPY frontend/ ./
RUN npm ci --no-audit --no-fund
RUN mkdir -p dist && npm run build

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=pages /src/frontend/dist frontend/dist
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/parley ./cmd/parley \
 && mkdir -p /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/parley /parley
COPY --from=build --chown=65532:65532 /out/data /data
ENV PARLEY_DATABASE_URL=sqlite:///data/parley.db \
    PARLEY_OPS_ADDR=127.0.0.1:3002
USER 65532:65532
VOLUME /data
EXPOSE 3000 3001 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/parley", "health"]
ENTRYPOINT ["/parley"]
CMD ["serve"]
