#include "gateway/content_document.h"

#include <nlohmann/json.hpp>

namespace wayleave::gateway {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxText = 1024;

std::string Cut(const std::string& text) { return text.substr(0, kMaxText); }

Json PartOf(std::uint64_t bytes, std::string_view kept) {
  return {{"bytes", bytes}, {"kept", kept.size()}, {"truncated", kept.size() < bytes}};
}

std::size_t KeptOf(const Json& head, const char* part) {
  const auto found = head.find(part);
  if (found == head.end() || !found->is_object()) return std::string::npos;
  const auto kept = found->find("kept");
  return kept != found->end() && kept->is_number_unsigned() ? kept->get<std::size_t>() : std::string::npos;
}

Error Damaged() {
  return Error{Code::kDataLoss, "what was sealed is no content of a request: a newer gateway may have written it"};
}

}  // namespace

std::string WriteContent(const ContentDocument& document) {
  const Json head = {{"v", 1},
                     {"request_id", Cut(document.request_id)},
                     {"reservation_id", Cut(document.reservation_id)},
                     {"tenant", Cut(document.tenant)},
                     {"endpoint", Cut(document.endpoint)},
                     {"model", Cut(document.model)},
                     {"status", document.status},
                     {"outcome", document.outcome},
                     {"request", PartOf(document.request_bytes, document.request)},
                     {"answer", PartOf(document.answer_bytes, document.answer)}};
  std::string bytes = head.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return bytes.append(document.request).append(document.answer);
}

Result<ReadContent> ReadContentDocument(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return Damaged();
  ReadContent read;
  read.head = bytes.substr(0, end);
  const Json head = Json::parse(read.head, nullptr, false);
  if (!head.is_object() || head.value("v", Json()) != 1) return Damaged();
  const std::string_view rest = bytes.substr(end + 1);
  const std::size_t request = KeptOf(head, "request"), answer = KeptOf(head, "answer");
  if (request > rest.size() || rest.size() - request != answer) return Damaged();
  read.request = rest.substr(0, request);
  read.answer = rest.substr(request);
  return read;
}

}  // namespace wayleave::gateway
