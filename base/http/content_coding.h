#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wayleave::http {

// What is said to a client that used another Content-Encoding.
inline constexpr std::string_view kAcceptedCodings = "zstd, gzip, deflate";

enum class Coding { kIdentity, kZstd, kGzip, kDeflate };

// The coding that a Content-Encoding header names; nothing if it is unknown or if several are applied. "x-gzip" is
// gzip, an empty header is identity. Pure.
std::optional<Coding> CodingOf(std::string_view content_encoding);

// Takes a body out of its coding, piece by piece, as it arrives. Holds a window of at most 8 MiB (RFC 9659) and one
// buffer besides what it appends, however much the compressed bytes promise. Not thread-safe, but free to move
// between threads. After a fault nothing more may be asked of it; what was appended until then stays.
class ContentDecoder {
 public:
  enum class Fault {
    kNone,
    kCorrupt,   // the bytes are not in this coding, or more follow its end
    kTooLarge,  // the body would exceed the limit
    kWindow,    // zstd only: needs more memory than 8 MiB to be undone
  };
  // How much one step appends at most: well below a millisecond of work.
  static constexpr std::size_t kStepBytes = 64 << 10;

  virtual ~ContentDecoder() = default;

  // Decodes a part of `input`, which it shortens to what it has not used yet, and appends to `body`, which never grows
  // beyond `limit` bytes and has 64 bytes of spare capacity after each step.
  Fault Step(std::string_view& input, std::string& body, std::size_t limit);
  // Whether another step is due before more input is needed.
  bool Wants(std::string_view input) const { return !input.empty() || pending_; }
  // The body is over: kCorrupt if something is missing.
  Fault Finish();

 protected:
  ContentDecoder() : buffer_(std::make_unique<char[]>(kStepBytes)) {}

  struct Progress {
    Fault fault = Fault::kNone;
    std::size_t produced = 0;
  };
  // One call of the library: uses up a part of `input` and fills the beginning of `out`.
  virtual Progress Decode(std::string_view& input, char* out, std::size_t size) = 0;
  // Whether the bytes so far are a whole body.
  virtual bool Whole() const = 0;

 private:
  std::unique_ptr<char[]> buffer_;
  bool pending_ = false;  // the last step filled its buffer: there may be more in the library
};

// For any coding but identity.
std::unique_ptr<ContentDecoder> MakeContentDecoder(Coding coding);

}  // namespace wayleave::http
