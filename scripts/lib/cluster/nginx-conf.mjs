/**
 * The configuration of the nginx in front: every request, and every WebSocket, goes to the API with the fewest connections. The page and
 * its files come from the APIs too. deploy/nginx/nginx.conf.template is the same for containers.
 *
 * @typedef {object} NginxOptions
 * @property {number} port
 * @property {number[]} apiPorts
 * @property {string} directory for its pid, logs and buffers
 * @property {number | string} [connectionsPerAddress] as the APIs' CONNECTIONS_PER_ADDRESS. @default 1000
 * @property {number | string} [requestMs] as the APIs' REQUEST_MS. @default 30000
 */

/**
 * @param {NginxOptions} options
 * @returns {string}
 */
export function nginxConf({ port, apiPorts, directory, connectionsPerAddress = 1_000, requestMs = 30_000 }) {
  const upstreams = apiPorts.map((apiPort) => `    server 127.0.0.1:${apiPort} max_fails=1 fail_timeout=2s;`).join('\n');
  const quoted = (name) => JSON.stringify(`${directory}/${name}`);
  return `daemon off;
worker_processes 1;
pid ${quoted('nginx.pid')};
error_log stderr warn;

events {
  worker_connections 8192;
}

http {
  access_log off;
  client_body_temp_path ${quoted('body')};
  proxy_temp_path ${quoted('proxy')};
  fastcgi_temp_path ${quoted('fastcgi')};
  uwsgi_temp_path ${quoted('uwsgi')};
  scgi_temp_path ${quoted('scgi')};

  upstream apis {
    least_conn;
${upstreams}
    keepalive 64;
  }

  # A request that asks to become a WebSocket keeps its wish; all others share connections.
  map $http_upgrade $connection_header {
    default upgrade;
    '' '';
  }

  # Whose requests count together, as an API counts them: whoever holds one IPv6 address holds its whole /64, and an IPv4 address is the
  # same in its IPv6 form. What has no name here is not counted: this machine, where whoever asks runs this server.
  map $binary_remote_addr $counted_address {
    default $binary_remote_addr;
    "~(?s)^\\x7f.{3}$" '';
    "~(?s)^\\x00{10}\\xff\\xff\\x7f.{3}$" '';
    "~^\\x00{15}\\x01$" '';
    "~(?s)^\\x00{10}\\xff\\xff(?<ipv4>.{4})$" $ipv4;
    "~(?s)^(?<network>.{8}).{8}$" $network;
  }
  limit_conn_zone $counted_address zone=addresses:10m;

  server {
    limit_conn addresses ${connectionsPerAddress};
    limit_conn_status 429;
    # How long a client may be silent while it sends, and while it reads: the API's REQUEST_MS, which is for a whole request.
    client_header_timeout ${requestMs}ms;
    client_body_timeout ${requestMs}ms;
    send_timeout ${requestMs}ms;
    listen 127.0.0.1:${port};
    # What the API takes of a call, so that it never hangs up on nginx, which would count that as the API's failure.
    client_max_body_size 2m;
    error_page 413 @too_large;
    error_page 429 @too_many;
    error_page 490 = @sockets;

    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_header;
    # Replaced, not appended to: what a client claims about itself is not believed.
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;
    # Events must not wait for a buffer to fill.
    proxy_buffering off;
    proxy_connect_timeout 2s;
    # Sockets are kept alive by pings of the API; this only has to be longer than those.
    proxy_read_timeout 1h;
    proxy_send_timeout 1h;
    # Another API answers if this one is gone, but a write is never sent twice. An API that answers 503 is there, and answers for all of
    # them: the database is away, or too much is asked.
    proxy_next_upstream error timeout;

    location / {
      if ($http_upgrade) {
        return 490;
      }
      proxy_pass http://apis;
    }

    # To a socket an API says 503 only while it stops: another one opens the socket.
    location @sockets {
      proxy_next_upstream error timeout http_503;
      proxy_pass http://apis;
    }

    # A file of a room.
    location = /api/rooms/import {
      client_max_body_size 50m;
      proxy_pass http://apis;
    }

    # For operators, on the APIs' own ports; not for the world.
    location = /metrics {
      return 404;
    }

    location @too_many {
      default_type application/problem+json;
      add_header Retry-After 1 always;
      return 429 '{"type":"about:blank","title":"Too Many Requests","status":429,"detail":"Too many at once. Wait a moment and try again.","code":"RATE_LIMITED","error":{"message":"Too many at once. Wait a moment and try again.","data":{"appCode":"RATE_LIMITED","httpStatus":429,"retryAfterMs":1000}}}';
    }

    location @too_large {
      default_type application/problem+json;
      return 413 '{"type":"about:blank","title":"Payload Too Large","status":413,"detail":"The request is too large. Send less at once.","code":"PAYLOAD_TOO_LARGE","error":{"message":"The request is too large. Send less at once.","data":{"appCode":"PAYLOAD_TOO_LARGE","httpStatus":413}}}';
    }
  }
}
`;
}
