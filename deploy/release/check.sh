#!/usr/bin/env bash
# Builds a release for two platforms twice and looks at it: the same bytes both times, a version in the name that the
# program says too, the schemas that it prints, a list of parts that has its libraries, and true checksums. A tag without its
# schema in released.graphql is refused.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() {
  echo "release-check: $*" >&2
  exit 1
}

command -v unzip > /dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends unzip > /dev/null; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
host=$(go env GOHOSTOS)/$(go env GOHOSTARCH)
for build in first second; do
  deploy/release/release.sh "$work/$build" "$host" windows/amd64
done
diff -r "$work/first" "$work/second" || fail 'two builds of one commit differ'

# A tag without its schema is no release.
git clone --quiet --shared . "$work/tagged"
echo '# another' >> "$work/tagged/deploy/release/released.graphql"
git -C "$work/tagged" -c user.name=check -c user.email=check@localhost commit --quiet --all --message='another schema'
git -C "$work/tagged" tag v1.99.0
! refused=$("$work/tagged/deploy/release/release.sh" "$work/refused" "$host" 2>&1) || fail 'a tag without its schema is released'
[[ $refused == *'released.graphql is not the schema of v1.99.0'* ]] || fail "a tag without its schema: $refused"

cd "$work/first"
sha256sum --check --quiet --strict SHA256SUMS || fail 'wrong checksums'
listed=$(sed 's/^[0-9a-f]* [ *]//' SHA256SUMS)
[[ $listed == "$(find . -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort)" ]] || fail "SHA256SUMS has only $listed"
archive=$(echo jobsgateway_*_"${host/\//_}".tar.gz)
name=${archive%.tar.gz}
tar --extract --gzip --file="$archive"
read -r _ version go _ < <("$name/jobsgateway" version)
[[ $name == "jobsgateway_${version}_${host/\//_}" ]] || fail "$name has the version $version"
[[ $version != '(devel)' ]] || fail 'the program does not know its version'
[[ $go == "$(go env GOVERSION)" ]] || fail "built by $go"
for document in README.md CHANGELOG.md SECURITY.md docs/operations.md; do
  [[ -s $name/$document ]] || fail "the archive has no $document"
done
for schema in '' federation; do
  "$name/jobsgateway" schema ${schema:+--$schema} | cmp - "schema${schema:+.$schema}.graphql" || fail 'another schema'
done
unzip -tqq "${name/${host/\//_}/windows_amd64}.zip" || fail 'the archive for Windows'

# Every library of the program is in its list of parts.
go version -m "$name/jobsgateway" | awk '$1 == "dep" {print $2}' | while read -r library; do
  grep -qF "\"name\": \"$library\"" "$name.cdx.json" || fail "$library is not in the list of parts"
done
grep -qF '"bomFormat": "CycloneDX"' "$name.cdx.json" || fail 'the list of parts is not CycloneDX'
echo "release-check: ok, $version"
