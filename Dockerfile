# syntax=docker/dockerfile:1

# Build: the toolchain of Cargo.toml's `rust-version`. The slim image brings the C compiler that the
# bundled SQLite and aws-lc need.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /build

# What is compiled in, and nothing else. The guides are, since a running gateway serves them.
COPY Cargo.toml Cargo.lock openapi.yaml ./
COPY .cargo .cargo
COPY config config
COPY docs docs
COPY src src
# Named in Cargo.toml, so cargo wants to see them.
COPY bench bench
COPY tests tests
RUN cargo build --locked --release --bin gerbang \
    && mkdir /data

# Run: libc, CA certificates, a user without rights, no shell.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /build/target/release/gerbang /gerbang
# The one place that is written to, so the root may be mounted read-only.
COPY --from=build --chown=nonroot:nonroot /data /data
VOLUME /data

# In a container loopback reaches nobody. Publish 8080 alone: the admin port has no authentication
# and stays private to the pod or host.
ENV GERBANG__SERVER__LISTEN=0.0.0.0:8080 \
    GERBANG__SERVER__ADMIN_LISTEN=0.0.0.0:9090 \
    GERBANG__STORAGE__URL=sqlite:///data/gerbang.db
EXPOSE 8080

USER nonroot
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/gerbang", "healthcheck"]
ENTRYPOINT ["/gerbang"]
CMD ["serve"]
