#pragma once

#include "base/http/request.h"
#include "gateway/envelope.h"
#include "wayleave/auth/v1/auth.pb.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::gateway {

// What is known of a request once it has been read and its sender is known. Refers to its parts.
struct Known {
  const http::Request& request;
  const Envelope& envelope;
  const auth::v1::Principal& principal;
  provider::v1::Endpoint endpoint;
};

}  // namespace wayleave::gateway
