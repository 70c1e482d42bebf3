#!/bin/sh
# dist.sh [OS/ARCH ...]: archives of the four programs under dist/, with SHA256SUMS; all systems without an argument.
# The same commit and the same Go give the same bytes, whoever builds and wherever: paths, times, owners, the umask and Go's settings stay out
# of them. It needs Go, git, gzip, sha256sum and GNU tar. A commit with a tag (v1.2.3) has it as its version.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64
tar --version 2>/dev/null | grep -q GNU || { echo "dist.sh needs GNU tar: on macOS install gnu-tar and put it on the PATH as tar" >&2; exit 1; }
commit=$(git rev-parse HEAD) || { echo "dist.sh builds a commit, and this is no git repository: clone it" >&2; exit 1; }
[ -z "$(git status --porcelain)" ] || echo "dist.sh: some files differ from commit $commit, so others will not get the same bytes" >&2
version=$(git describe --tags --always --dirty)
epoch=$(git log -1 --format=%ct)

# Whatever the builder has set, these say how the binaries are made.
GOPROXY=$(go env GOPROXY) # which may stand in the file that GOENV=off leaves out
unset GOEXPERIMENT GODEBUG GOFIPS140
export GOPROXY GOENV=off CGO_ENABLED=0 GOFLAGS= GOWORK=off GOAMD64=v1 GOARM64=v8.0 LC_ALL=C TZ=UTC
umask 022

rm -rf dist
mkdir dist
for system; do
    name=carousel-$version-$(echo "$system" | tr / -)
    GOOS=${system%/*} GOARCH=${system#*/} go build -buildvcs=true -trimpath -ldflags='-s -w' -o "dist/$name/" ./servers ./loadgen ./bench ./report
    cp LICENSE README.md "dist/$name/"
    tar -C dist --format=ustar --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -cf - "$name" |
        gzip -9n >"dist/$name.tar.gz"
    rm -r "dist/$name"
done
cd dist
sha256sum ./*.tar.gz | sed 's# \./# #' >SHA256SUMS
cat SHA256SUMS
