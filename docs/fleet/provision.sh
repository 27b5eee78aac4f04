#!/bin/sh
# Switches MQTT on in every reader of a list, with a user of its own:
#
#     sh provision.sh readers.csv 192.168.1.10 1883 false
#
# The list has a reader in each line (address,apartment,fuse in A), then come the broker's address and port, and whether
# it is asked with TLS. In this folder it makes
#     passwords.txt    user:password of each reader, in clear: only root should read it
#     passwords        the same for mosquitto
#     fleet.csv        name,url,apartment,fuse for the table `readers`
#     telegraf.d/readers.conf    the readers that Telegraf asks for /metrics
# It can be run again: who has a password keeps it. Where readers have an access password (all the same one), give it in
# READERS_PASSWORD. Exit status 1: some readers did not answer or refused; they are named.
set -u
umask 077
list=$1 host=$2 port=$3 tls=$4
here=$(pwd)
failed=0

touch passwords.txt
mkdir -p telegraf.d
: >fleet.csv
urls=

secret() { head -c 18 /dev/urandom | base64 | tr '/+' '_-'; }

say() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

grep -q '^telegraf:' passwords.txt || echo "telegraf:$(secret)" >>passwords.txt

# Lists of some programs have carriage returns, and no end of their last line: a document gives it one.
lines=$(tr -d '\r' <"$list") || exit 1

while IFS=, read -r address apartment fuse; do
  case $address in address | "" | "#"*) continue ;; esac
  url=http://$address
  name=$(curl -sS --fail --max-time 20 "$url/han" </dev/null | say name)
  if [ -z "$name" ]; then
    echo "$address ($apartment): no reader answers" >&2
    failed=1
    continue
  fi
  if grep -q "^$name," fleet.csv; then
    echo "$address ($apartment): $name is in the list already" >&2
    failed=1
    continue
  fi
  grep -q "^$name:" passwords.txt || echo "$name:$(secret)" >>passwords.txt
  password=$(sed -n "s/^$name://p" passwords.txt)
  set --
  if [ -n "${READERS_PASSWORD:-}" ]; then
    token=$(curl -sS --fail --max-time 20 -u ":$READERS_PASSWORD" "$url/auth/token" </dev/null | say token)
    set -- -H "Authorization: Bearer $token"
  fi
  if curl -sS --fail --max-time 20 -o "$here/answer" "$@" -X PUT "$url/configuration" -d @- <<END
{"m":{"f":$fuse},"out":{"mqtt":{"on":true,"host":"$host","port":$port,"tls":$tls,"user":"$name","pw":"$password","prefix":"han","every":0,"ha":false}}}
END
  then
    echo "$name,$url,$apartment,$fuse" >>fleet.csv
    urls="$urls  \"$url/metrics\",
"
  else
    echo "$address ($apartment): it refused the settings" >&2
    failed=1
  fi
  rm -f "$here/answer"
done <<END
$lines
END

cp passwords.txt passwords
mosquitto_passwd -U passwords

cat >telegraf.d/readers.conf <<END
# What readers say of themselves, for the table \`health\`. Made by provision.sh.
[[inputs.prometheus]]
urls = [
$urls]
metric_version = 2
interval = "60s"
response_timeout = "20s"
name_override = "health"
taginclude = ["url", "heap", "service"]
fieldinclude = ["han_uptime_seconds", "han_heap_free_bytes", "han_heap_least_free_bytes", "han_service_healthy", "han_service_restarts_total"]
END
exit $failed
