/**
 * The configuration of the nginx in front: every request, and every WebSocket, goes to the API with the fewest connections. The page and
 * its files come from the APIs too. deploy/nginx/nginx.conf is the same for containers.
 *
 * @param {{ port: number, apiPorts: number[], directory: string }} options `directory`: for its pid, logs and buffers
 * @returns {string}
 */
export function nginxConf({ port, apiPorts, directory }) {
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

  # Connections of one address, of which an office behind one address needs a few for each person.
  limit_conn_zone $binary_remote_addr zone=addresses:10m;

  server {
    limit_conn addresses 1000;
    limit_conn_status 429;
    # How long a client may be silent while it sends, and while it reads. As long as the API's REQUEST_MS for a whole request.
    client_header_timeout 30s;
    client_body_timeout 30s;
    send_timeout 30s;
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
      return 429 '{"type":"about:blank","title":"Too Many Requests","status":429,"detail":"Too many at once. Wait a moment and try again.","code":"RATE_LIMITED","error":{"message":"Too many at once. Wait a moment and try again.","data":{"appCode":"RATE_LIMITED","httpStatus":429}}}';
    }

    location @too_large {
      default_type application/problem+json;
      return 413 '{"type":"about:blank","title":"Payload Too Large","status":413,"detail":"The request is too large. Send less at once.","code":"PAYLOAD_TOO_LARGE","error":{"message":"The request is too large. Send less at once.","data":{"appCode":"PAYLOAD_TOO_LARGE","httpStatus":413}}}';
    }
  }
}
`;
}
