# Shared by the scripts beside it: starts a server by some words, asks it, ends it in order.
# SPDX-License-Identifier: Apache-2.0

# serves WORD...: the words start a mle-serve of the model `linear`; where they say no ports, on free ones. One question over
# HTTP must be answered, and SIGTERM must end it with status 0.
serves() {
  local said server line http answer status=0
  said=$(mktemp)
  local ports=(--http 127.0.0.1:0 --grpc 127.0.0.1:0)
  if [[ " $* " == *" --http "* ]]; then ports=(); fi
  "$@" "${ports[@]}" >"$said" 2>"$said.log" &
  server=$!
  line=""
  # The line comes when it is ready; a server that ends never says it.
  while [ -z "$line" ] && kill -0 "$server" 2>/dev/null; do
    read -r -t 1 line <"$said" || true
  done
  http=$(sed -n 's/.*"http":"\([^"]*\)".*/\1/p' <<<"$line")
  answer=$(curl -s "http://$http/v2/models/linear/infer" -d \
    '{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,4]}]}' || true)
  kill -TERM "$server" 2>/dev/null || true
  wait "$server" || status=$?
  if [ $status -ne 0 ] || ! grep -q '"data":\[1.5,2.5\]' <<<"$answer"; then
    echo "$*: status $status, said '$line', answered '$answer'" >&2
    cat "$said.log" >&2
    return 1
  fi
  rm -f "$said" "$said.log"
}
