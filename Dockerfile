# An image that holds what `make dist` puts into an archive, the four programs, LICENSE and README.md, and nothing else:
#
#   docker build -t carousel .
#   docker run --rm -p 5000:5000 carousel                                   # a server, model epoll
#   docker run --rm --network host carousel /loadgen -c 64 -d 10s           # the load generator
#
# It is built from a clone: the version is that of the commit. Docker's default seccomp profile forbids io_uring: loadgen then takes epoll, and
# model uring ends with the reason.
FROM golang:1.26 AS build
WORKDIR /carousel
COPY . .
RUN scripts/dist.sh "linux/$(go env GOARCH)" && \
    mkdir image && tar -xzf dist/*.tar.gz --strip-components=1 -C image

FROM scratch
COPY --from=build /carousel/image/ /
EXPOSE 5000
CMD ["/servers", "--model", "epoll", "--addr", "0.0.0.0:5000"]
