#include "deploy/content_commands.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/crypto/sealed_box.h"
#include "base/crypto/secret_file.h"
#include "deploy/admin_options.h"
#include "gateway/content_document.h"

namespace wayleave::deploy {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  app::Flags flags;
  std::string id;
  std::string file;
  bool json = false;
};

int MakeKey(const Options& options) {
  crypto::BoxKeys keys = crypto::MakeBoxKeys();
  std::string text = crypto::PrivateKeyText(keys.private_key) + "\n";
  const Status written = crypto::WriteNewSecret(options.file, text);
  OPENSSL_cleanse(text.data(), text.size());
  OPENSSL_cleanse(keys.private_key.data(), keys.private_key.size());
  if (!written) return Fail(written.error());
  fmt::print("{}\n", crypto::PublicKeyText(keys.public_key));
  return 0;
}

Result<std::string> ReadKeyFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Code::kNotFound, "can't read " + path + ", which --key-file names"};
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  Result<std::string> key = crypto::ReadPrivateKey(text);
  OPENSSL_cleanse(text.data(), text.size());
  if (!key) return Error{Code::kInvalidArgument, path + ": " + key.error().message};
  return key;
}

// Clients may choose the ids of their requests, so one may stand for several.
Result<std::string> ReservationOf(auth::Store& store, const std::string& id) {
  const auto found = store.FindContent(id);
  if (!found) return found.error();
  if (*found) return id;
  const auto all = store.ContentsOf(id);
  if (!all) return all.error();
  if (all->empty()) return Error{Code::kNotFound, "no content of this request is kept, or no longer"};
  if (all->size() == 1) return all->front();
  return Error{Code::kInvalidArgument,
               fmt::format("several requests have this id; name one by its reservation: {}", fmt::join(*all, ", "))};
}

Result<gateway::ReadContent> Open(auth::LocalDesk& desk, const Options& options) {
  Result<std::string> key = ReadKeyFile(options.file);
  if (!key) return std::move(key).error();
  const Result<std::string> id = ReservationOf(desk.store(), options.id);
  if (!id) return id.error();
  auth::v1::ReadContentRequest request;
  request.set_reservation_id(*id);
  const auto sealed = desk.desk().ReadContent(request, desk.caller());
  if (!sealed) return sealed.error();
  const auto document = crypto::OpenBox(*key, sealed->content(), *id);
  OPENSSL_cleanse(key->data(), key->size());
  if (document) return gateway::ReadContentDocument(*document);
  return Error{
      Code::kPermissionDenied,
      "this key does not open it: it was sealed for another one, or was changed, which `wayleave audit verify` "
      "finds"};
}

// A terminal is not to be talked to by what a model said.
std::string ForPeople(std::string text) {
  if (isatty(STDOUT_FILENO) == 0) return text;
  const auto speaks = [](unsigned char c) { return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f; };
  std::replace_if(text.begin(), text.end(), speaks, '?');
  return text;
}

void PrintParts(const gateway::ReadContent& content) {
  std::fwrite(content.head.data(), 1, content.head.size(), stdout);
  for (const auto& [name, part] : {std::pair("request", &content.request), std::pair("answer", &content.answer)}) {
    const std::string text = ForPeople(*part);
    fmt::print("\n--- {}\n", name);
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
  fmt::print("\n");
}

int Print(auth::LocalDesk& desk, const Options& options) {
  const Result<gateway::ReadContent> content = Open(desk, options);
  if (!content) return Fail(content.error());
  if (!options.json) return PrintParts(*content), 0;
  const Json json = {{"head", Json::parse(content->head)}, {"request", content->request}, {"answer", content->answer}};
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  return 0;
}

}  // namespace

void AddContentCommands(CLI::App& audit, int& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* keygen = audit.add_subcommand("keygen", "Make a pair of keys for sealed content; print the public one");
  keygen->add_option("--out", options->file, "A new file for the private key")->required();
  keygen->callback([options, &exit_code] { exit_code = MakeKey(*options); });
  CLI::App* content =
      AddDeskVerb(audit, options, exit_code, "content", "Open what a request asked and was answered", Print);
  content->add_option("id", options->id, "The request's id or its reservation's")->required();
  content->add_option("--key-file", options->file, "The file with the private key")->required();
  AddJsonOption(*content, options->json);
}

}  // namespace wayleave::deploy
