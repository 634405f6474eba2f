# docker build --target gateway   -t centagate-gateway .     (the default target)
# docker build --target simulator -t centagate-simulator .   (for development and tests, never for production)

# Compiles all dependencies with two empty crates. Docker reuses this layer until a manifest changes. There is one build per
# package, because each package alone may enable fewer features of a dependency than both together.
FROM rust:1.95-slim-bookworm@sha256:d7482085ff5b415f84dba5647ae71606650bdef00db7aeb69f4b3d170c3e4082 AS dependencies
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY simulator/Cargo.toml simulator/
RUN mkdir -p src examples simulator/src \
    && touch src/lib.rs simulator/src/lib.rs \
    && echo 'fn main() {}' > src/main.rs \
    && cp src/main.rs examples/demo.rs \
    && cp src/main.rs build.rs \
    && cargo build --locked --release --package centagate-gateway \
    && cargo build --locked --release --package centagate-simulator \
    && cargo clean --release --package centagate-gateway --package centagate-simulator

FROM dependencies AS build-simulator
# A new volume gets the owner of the image's directory that it is mounted on.
RUN mkdir volume
COPY simulator/src simulator/src
RUN cargo build --locked --offline --release --package centagate-simulator

FROM gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f AS simulator
COPY --from=build-simulator /build/target/release/centagate-simulator /usr/local/bin/
COPY --from=build-simulator --chown=65532:65532 /build/volume /etc/centagate-gateway
ENV SIMULATOR_ADDRESS=0.0.0.0:9000
EXPOSE 9000
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/centagate-simulator"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/usr/local/bin/centagate-simulator", "healthcheck"]
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="centagate-simulator" \
      org.opencontainers.image.description="A CENTAGATE to develop and test against, not for production" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="gcr.io/distroless/cc-debian12:nonroot"

FROM dependencies AS build-gateway
COPY build.rs ./
COPY src src
# The default configuration, which is compiled in.
COPY config config
# For the metric gateway_build_info.
ARG REVISION=unknown
RUN GATEWAY_REVISION="$REVISION" cargo build --locked --offline --release --package centagate-gateway
COPY deploy/sbom deploy/
# chmod: the gateway's user can read the file regardless of the umask.
RUN CARGO_NET_OFFLINE=true deploy/sbom >sbom.cdx.json && chmod a+r sbom.cdx.json

FROM gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f AS gateway
WORKDIR /srv/centagate-gateway
COPY --from=build-gateway /build/sbom.cdx.json /usr/share/doc/centagate-gateway/
COPY --from=build-gateway /build/target/release/centagate-gateway /usr/local/bin/
EXPOSE 8080 9090
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/centagate-gateway"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/usr/local/bin/centagate-gateway", "healthcheck"]
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="centagate-gateway" \
      org.opencontainers.image.description="A REST gateway in front of CENTAGATE's CentagateWS" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="gcr.io/distroless/cc-debian12:nonroot"
