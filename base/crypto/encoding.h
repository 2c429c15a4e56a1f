#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wayleave::crypto {

// Two lower-case digits a byte.
std::string Hex(std::string_view bytes);
void AppendHex(std::string& text, std::string_view bytes);
// Where there is room for them; returns their end.
char* WriteHex(char* at, std::string_view bytes);

// The bytes as one number in base 62 (0-9, A-Z, a-z), padded with 0 to the length that the largest number
// of so many bytes needs: 43 characters for 32 bytes.
std::string Base62(std::string_view bytes);

// RFC 4648 with padding, in one line.
std::string Base64(std::string_view bytes);
// Nothing if the text is not that.
std::optional<std::string> FromBase64(std::string_view text);

}  // namespace wayleave::crypto
