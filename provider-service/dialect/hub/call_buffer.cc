#include "provider-service/dialect/hub/call_buffer.h"

#include <algorithm>

#include "provider-service/dialect/json_read.h"

namespace wayleave::provider {
namespace {

bool IsWhole(const std::string& arguments) {
  simdjson::dom::parser parser;
  JsonElement value;
  return ReadJson(parser, arguments, value) && value.is_object();
}

// Whether a piece that names a tool begins another call than the one that its index or id leads to.
bool Begins(const CallPiece& piece, const BufferedCall& call) {
  if (piece.name.empty() || call.name.empty()) return false;
  if (!piece.id.empty() && !call.id.empty() && piece.id != call.id) return true;
  if (piece.name != call.name) return true;
  // The same name again: some servers repeat it with each piece. After whole arguments it can only be another call's,
  // unless index and id both say that it is the same.
  if (piece.index && !piece.id.empty()) return false;
  return IsWhole(call.arguments);
}

}  // namespace

void CallBuffer::Add(const CallPiece& piece) {
  BufferedCall* call = Find(piece);
  if (!call || Begins(piece, *call)) {
    const bool echo = call && call->name == piece.name && (piece.id.empty() || piece.id == call->id);
    call = &calls_.emplace_back(BufferedCall{piece.index, {}, {}, {}, echo});
  }
  if (call->id.empty()) call->id = piece.id;
  if (call->name.empty()) call->name = piece.name;
  if (piece.whole) call->arguments.clear();
  call->arguments += piece.arguments;
}

// The newest that fits, as an index may have been used again.
BufferedCall* CallBuffer::Find(const CallPiece& piece) {
  if (!piece.index && piece.id.empty()) return calls_.empty() ? nullptr : &calls_.back();
  const auto found = std::find_if(calls_.rbegin(), calls_.rend(), [&](const BufferedCall& call) {
    return piece.index ? call.index == piece.index : call.id == piece.id;
  });
  return found == calls_.rend() ? nullptr : &*found;
}

}  // namespace wayleave::provider
