# The four programs in an image that holds nothing else:
#
#   docker build -t carousel .
#   docker run --rm -p 5000:5000 carousel                                   # a server, model epoll
#   docker run --rm --network host carousel /loadgen -c 64 -d 10s           # the load generator
#
# Docker's default seccomp profile forbids io_uring: loadgen then takes epoll, and model uring ends with the reason.
FROM golang:1.26 AS build
WORKDIR /carousel
COPY . .
RUN make build

FROM scratch
COPY --from=build /carousel/bin/ /
COPY LICENSE /
EXPOSE 5000
CMD ["/servers", "--model", "epoll", "--addr", "0.0.0.0:5000"]
