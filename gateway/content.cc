#include "gateway/content.h"

#include <algorithm>

#include "base/crypto/sealed_box.h"
#include "base/log/log.h"
#include "gateway/content_document.h"

namespace wayleave::gateway {
namespace {

constexpr char kContents[] = "wayleave_gateway_contents_total";
constexpr char kContentsHelp[] = "Contents of requests of tenants that opted in, sealed or lost.";
constexpr char kTruncated[] = "wayleave_gateway_content_truncated_total";
constexpr char kTruncatedHelp[] = "Requests and answers of which only the beginning was sealed.";

Result<std::string> Closed(const std::string& key, const ContentDocument& document) {
  const Result<std::string> reader = crypto::ReadPublicKey(key);
  if (!reader) return reader.error();
  return crypto::CloseBox(*reader, WriteContent(document), document.reservation_id);
}

}  // namespace

ContentRules::ContentRules(std::size_t most_bytes, metrics::Registry& registry)
    : most_bytes_(std::min(most_bytes, kMostContentBytes)),
      sealed_(registry.Counter(kContents, kContentsHelp, {{"result", "sealed"}})),
      failed_(registry.Counter(kContents, kContentsHelp, {{"result", "lost"}})),
      requests_cut_(registry.Counter(kTruncated, kTruncatedHelp, {{"part", "request"}})),
      answers_cut_(registry.Counter(kTruncated, kTruncatedHelp, {{"part", "answer"}})) {}

void ContentRules::Sealed(bool request_cut, bool answer_cut) const {
  sealed_.Increment();
  if (request_cut) requests_cut_.Increment();
  if (answer_cut) answers_cut_.Increment();
}

void Content::Begin(const std::string& public_key, std::string_view request) {
  public_key_ = public_key;
  request_ = request;
}

void Content::Add(std::string_view answer) {
  if (public_key_.empty()) return;
  answer_bytes_ += answer.size();
  answer_.append(answer.substr(0, rules_.most_bytes() - answer_.size()));
}

std::string Content::Seal(const Record& record) {
  if (public_key_.empty()) return {};
  const auth::v1::Settlement& settlement = *record.settlement;
  ContentDocument document;
  document.request_id = settlement.request_id();
  document.reservation_id = settlement.reservation_id();
  document.tenant = settlement.tenant();
  document.endpoint = settlement.endpoint();
  document.model = settlement.model();
  document.status = record.status;
  document.outcome = WordOf(settlement.outcome());
  document.request_bytes = request_.size();
  document.answer_bytes = answer_bytes_;
  document.request = request_.substr(0, rules_.most_bytes());
  document.answer = answer_;
  Result<std::string> box = Closed(public_key_, document);
  if (!box) {
    rules_.Failed();
    log::Error("content.unsealed", {{"tenant", settlement.tenant()}, {"error", box.error().message}});
    return {};
  }
  rules_.Sealed(document.request.size() < document.request_bytes, answer_.size() < answer_bytes_);
  return std::move(*box);
}

}  // namespace wayleave::gateway
