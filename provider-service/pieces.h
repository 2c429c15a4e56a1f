#pragma once

#include "base/http/response_reader.h"
#include "provider-service/dialect/reply.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::provider {

// The dialects' plain values as messages. Pure.

// Moves what is ready for the client, up to the first place where the stream may have to end. False if there is one: more
// stands behind it.
bool TakeData(Output& output, v1::GenerateResponse& piece);
void FillFailure(const Failure& failure, v1::Failure& into);
void FillEnd(const Output& output, v1::End& into);
// Of an answer that may be carried on elsewhere.
void FillInterrupted(const Output& output, v1::Interrupted& into);
// Of the provider's own headers only a short list reaches the client.
void FillHead(const http::ResponseHead& upstream, bool stream, v1::Head& into);

}  // namespace wayleave::provider
