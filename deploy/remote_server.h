#pragma once

#include <memory>
#include <string>

#include "base/async/worker.h"
#include "base/http/client.h"
#include "base/http/url.h"
#include "base/result.h"

namespace wayleave::deploy {

// What a server answered, whatever its status.
struct RemoteAnswer {
  int status = 0;
  std::string body;  // at most 4 MiB
};

// A running server that a command asks over HTTP or HTTPS, with a thread of its own for that. Each question opens a
// connection and has ten seconds. The key is in no message. One thread.
class RemoteServer {
 public:
  // `argument` names the URL in messages; an empty key sends none.
  static Result<std::unique_ptr<RemoteServer>> At(const std::string& url, const char* argument, const std::string& key);

  // `path` comes behind the URL's own. Blocks. An error if there was no answer.
  Result<RemoteAnswer> Ask(std::string_view method, const std::string& path, const std::string& body = {});
  // The body of an answer with status 200; else an error with the server's own words.
  Result<std::string> Get(const std::string& path);

 private:
  RemoteServer(http::Url url, http::ClientHeaders headers) : url_(std::move(url)), headers_(std::move(headers)) {}

  const http::Url url_;
  const http::ClientHeaders headers_;
  WorkerPool workers_{1};
};

// A gateway's admin port, with the key in the first line of the file, or in WAYLEAVE_ADMIN_KEY if none is named.
// kInvalidArgument says how to get a key where there is none.
Result<std::unique_ptr<RemoteServer>> AdminServerAt(const std::string& url, const std::string& key_file);

// That an answer without words of a gateway is none of its admin port.
std::string NotAGateway(int status);

// The words of an error in OpenAI's form; empty if the body is none.
std::string MessageInBody(const std::string& body);

}  // namespace wayleave::deploy
