# nginx, twice: as the provider with canned answers, and as a peer that passes the call on.
# shellcheck shell=bash disable=SC2154

# Settings that upstream and peer share.
nginx_common() {
    cat <<COMMON
daemon off;
worker_processes 1;
pid $work/$1.pid;
error_log $work/$1.log crit;
events { worker_connections 4096; }
COMMON
}

nginx_http() {
    cat <<COMMON
    access_log off;
    keepalive_requests 1000000000;
    default_type application/json;
    client_body_temp_path $work/$1-body;
    proxy_temp_path $work/$1-proxy;
    fastcgi_temp_path $work/$1-fastcgi;
    uwsgi_temp_path $work/$1-uwsgi;
    scgi_temp_path $work/$1-scgi;
COMMON
}

# The provider, canned: answers of the size it gives, without thinking.
start_upstream() {
    local port="$1" expires token
    expires=$(($(date +%s) + 86400))
    token="$(printf 'eyJ%.0s' {1..120})"
    {
        nginx_common upstream
        echo 'http {'
        nginx_http upstream
        cat <<UPSTREAM
    server {
        listen 127.0.0.1:$port backlog=4096;
        location = /v1/esign/partner/authentication {
            return 200 '{"success":true,"data":{"token":"$token","expiry_seconds":"86400","expires_at":"$expires"}}';
        }
        location = /esign-partner/v1/initiate-flow {
            return 200 '{"success":true,"data":{"token":"$token","expirySeconds":"86400","expiresAt":"$expires"}}';
        }
        # For the figure without anybody in between.
        location = /v1/verifications {
            return 200 '{"success":true,"data":{"token":"$token","expirySeconds":"86400","expiresAt":"$expires"}}';
        }
    }
}
UPSTREAM
    } >"$work/upstream.conf"
    run_on "$OTHER" nginx -p "$work" -e "$work/upstream.log" -c "$work/upstream.conf"
    wait_for "http://127.0.0.1:$port/v1/esign/partner/authentication"
}

# Passes the call on and does nothing else.
start_nginx() {
    local port="$1" upstream="$2"
    {
        nginx_common nginx
        echo 'http {'
        nginx_http nginx
        cat <<PEER
    upstream provider {
        server 127.0.0.1:$upstream;
        keepalive 256;
        keepalive_requests 1000000000;
    }
    server {
        listen 127.0.0.1:$port backlog=4096;
        location = /v1/verifications {
            proxy_pass http://provider/esign-partner/v1/initiate-flow;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
    }
}
PEER
    } >"$work/nginx.conf"
    run_on "$CORE" nginx -p "$work" -e "$work/nginx.log" -c "$work/nginx.conf"
}
