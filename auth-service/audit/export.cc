#include "auth-service/audit/export.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/crypto/encoding.h"

namespace wayleave::auth::audit {
namespace {

using Json = nlohmann::json;

std::string Quoted(const std::string& text) { return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace); }

bool IsWhole(const std::string& body) {
  const bool printable = std::all_of(body.begin(), body.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return printable && body.starts_with('{') && Json::accept(body);
}

}  // namespace

std::string ToExportLine(const v1::AuditRecord& record) {
  return "{\"chain\":" + Quoted(record.chain()) + ",\"sequence\":" + std::to_string(record.sequence()) +
         ",\"hash\":\"" + crypto::Hex(record.hash()) +
         "\",\"body\":" + (IsWhole(record.body()) ? record.body() : Quoted(record.body())) + "}";
}

}  // namespace wayleave::auth::audit
