#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <chrono>
#include <cstdint>
#include <functional>

namespace wayleave::auth {

using Time = std::chrono::system_clock::time_point;
// What time it is; tests bring their own.
using Clock = std::function<Time()>;

// Nanoseconds since 1970, and lengths in nanoseconds: what is stored. What lies outside of 64 bits is cut.
std::int64_t ToNanos(const google::protobuf::Timestamp& time);
std::int64_t ToNanos(const google::protobuf::Duration& duration);
std::int64_t ToNanos(Time time);
google::protobuf::Timestamp TimestampOf(std::int64_t nanos);
google::protobuf::Duration DurationOf(std::int64_t nanos);
Time TimeOf(std::int64_t nanos);

}  // namespace wayleave::auth
