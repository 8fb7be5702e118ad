#!/usr/bin/env bash
# Builds what a release has, into a new folder: an archive for each platform with its list of parts (SBOM), both schemas,
# and SHA256SUMS. It builds the last commit, not what else is in the working tree. The same commit and the same Go
# release give the same bytes, wherever and whenever it is built.
#
#   deploy/release/release.sh FOLDER [PLATFORM...]     a platform is written linux/amd64
set -euo pipefail
cd "$(dirname "$0")/../.."

if (($# == 0)); then
  echo 'usage: release.sh FOLDER [PLATFORM...]' >&2
  exit 1
fi
dist=$1
shift
platforms=("$@")
((${#platforms[@]} > 0)) || platforms=({linux,darwin,windows}/{amd64,arm64})

command -v zip > /dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends zip > /dev/null; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$dist"
dist=$(realpath "$dist")

# A clone, because go build reads no version in a linked worktree. The version is the commit's tag, or else made of its
# time and number.
git clone --quiet --shared . "$work/source"
cd "$work/source"
commit_time=@$(git log -1 --format=%ct) # the time of every file
build() { # build GOOS GOARCH FILE
  GOOS=$1 GOARCH=$2 CGO_ENABLED=0 go build -trimpath -buildvcs=true -ldflags='-s -w' -o "$3" .
}
sbom() { # sbom BINARY VERSION FILE
  go tool -modfile=deploy/release/go.mod cyclonedx-gomod bin -json -std -noserial -notimestamp -version "$2" -output "$3" "$1"
}

build "$(go env GOHOSTOS)" "$(go env GOHOSTARCH)" "$work/jobsgateway"
read -r _ version _ < <("$work/jobsgateway" version)
"$work/jobsgateway" schema > "$dist/schema.graphql"
"$work/jobsgateway" schema --federation > "$dist/schema.federation.graphql"
# Later versions are held to the schema of the last release, so a release takes it along.
if [[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ ]] && ! cmp "$dist/schema.graphql" deploy/release/released.graphql; then
  echo "release.sh: deploy/release/released.graphql is not the schema of $version; CONTRIBUTING.md says how to write it" >&2
  exit 1
fi

for platform in "${platforms[@]}"; do
  os=${platform%/*} arch=${platform#*/}
  name=jobsgateway_${version}_${os}_$arch
  binary=jobsgateway
  [[ $os != windows ]] || binary=jobsgateway.exe
  folder=$work/$name
  mkdir "$folder"
  build "$os" "$arch" "$folder/$binary"
  sbom "$folder/$binary" "$version" "$dist/$name.cdx.json"
  cp --recursive README.md CHANGELOG.md SECURITY.md docs "$folder"
  chmod -R u=rwX,go=rX "$folder"
  chmod 755 "$folder/$binary"
  find "$folder" -exec touch --no-dereference --date="$commit_time" {} +
  cd "$work"
  if [[ $os == windows ]]; then # zip writes local times
    find "$name" | LC_ALL=C sort | TZ=UTC zip -q -X -9 "$dist/$name.zip" -@
  else
    tar --create --format=ustar --sort=name --owner=0 --group=0 --numeric-owner "$name" | gzip --no-name --best \
      > "$dist/$name.tar.gz"
  fi
  cd "$work/source"
  rm -rf "$folder"
  echo "$name"
done
cd "$dist"
sha256sum -- * > "$work/SHA256SUMS"
mv "$work/SHA256SUMS" .
