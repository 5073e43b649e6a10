#!/bin/sh
# Makes all certificates here anew, with OpenSSL 3: ./make.sh. The authority's key is thrown away afterwards.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
touch "$work/index"
cat > "$work/ca.conf" <<CONF
[ca]
default_ca = test
[test]
database = $work/index
new_certs_dir = $work
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
CONF

request() { # name, subject, options...
  name=$1 subject=$2
  shift 2
  openssl req -new -config "$work/ca.conf" -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout "$work/$name-key.pem" -out "$work/$name.csr" -subj "$subject" "$@"
}
sign() { # name, first day, last day, options...
  name=$1 from=$2 to=$3
  shift 3
  openssl ca -batch -notext -config "$work/ca.conf" -in "$work/$name.csr" -out "$name.pem" \
    -startdate "${from}000000Z" -enddate "${to}000000Z" "$@"
}
names="subjectAltName=DNS:localhost,DNS:peakproof.test,IP:127.0.0.1"

request ca "/CN=Peakproof test authority"
sign ca 20200101 21200101 -selfsign -keyfile "$work/ca-key.pem" -extensions authority
by="-cert ca.pem -keyfile $work/ca-key.pem"
request server "/CN=localhost" -addext "$names"
sign server 20200101 21200101 $by
request expired "/CN=localhost" -addext "$names"
sign expired 20200101 20200102 $by
request client "/CN=Peakproof test client"
sign client 20200101 21200101 $by

cp "$work/server-key.pem" "$work/expired-key.pem" .
openssl pkcs8 -topk8 -in "$work/client-key.pem" -out client-key.pem -passout pass:open-sesame
rm -r "$work"
