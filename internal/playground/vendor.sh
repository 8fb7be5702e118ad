#!/bin/sh
# Fetches the npm packages that the playground embeds, at exact versions, cuts two of the files,
# checks every file against third_party/SHA256SUMS and writes it to third_party/, the large ones
# compressed. Afterwards `git diff --exit-code third_party` shows whether the repository holds
# what was published.
#
# The sums are of the files before compression: two versions of gzip may write different bytes for
# the same text. Needs npm, tar, gzip, sed and sha256sum.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/out"

# take PACKAGE@VERSION FILE NAME [FILE NAME]...: keep files of one package under our names.
take() {
	tarball=$(cd "$work" && npm pack --silent "$1")
	shift
	tar -xzf "$work/$tarball" -C "$work"
	while [ $# -gt 0 ]; do
		cp "$work/package/$1" "$work/out/$2"
		shift 2
	done
	rm -r "$work/package"
}

take react@18.3.1 \
	umd/react.production.min.js react.min.js \
	LICENSE LICENSE-react.txt
take react-dom@18.3.1 \
	umd/react-dom.production.min.js react-dom.min.js \
	LICENSE LICENSE-react-dom.txt
take graphiql@3.9.0 \
	graphiql.min.js graphiql.min.js \
	graphiql.min.css graphiql.min.css \
	LICENSE LICENSE-graphiql.txt
# 3.2.6 is the last version for the React context of GraphiQL 3; 4.x asks for a store of GraphiQL 4.
# It has no licence file: it is of the GraphiQL repository, whose licence stands above, and
# contains graphiql-explorer, whose licence comes next.
take @graphiql/plugin-explorer@3.2.6 \
	dist/index.umd.js explorer.js \
	dist/style.css explorer.css
take graphiql-explorer@0.9.0 \
	LICENSE LICENSE-graphiql-explorer.txt

# The two files that are cut, as published.
(cd "$work/out" && sha256sum --check --strict) <<EOF
bdddd50aac5bdb0edd83e5c862ba2fed9db2964e4c75d4655ab62b0a7d5bd730  graphiql.min.css
9a29da99ff466480eb973a0c5c3bd4e790ca93a0c2e43ea935cb480d614cc52d  explorer.js
EOF
# The fonts in the style sheet are nine tenths of it. The page uses those of the visitor's system.
sed -i 's/@font-face{[^}]*}//g' "$work/out/graphiql.min.css"
# The explorer has no input for a list, such as the states of a filter, and calls each one a fault.
sed -i 's/console\.error("arg mismatch between arg and selection",u,s)/null/g' "$work/out/explorer.js"
(cd "$work/out" && sha256sum --check --strict "$here/third_party/SHA256SUMS")
gzip -9n "$work"/out/*.js "$work"/out/*.css
cp "$work"/out/* "$here/third_party/"
