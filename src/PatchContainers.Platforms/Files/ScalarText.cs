using System.Globalization;
using PatchContainers.Platforms.Yaml;
using YamlDotNet.Core;

namespace PatchContainers.Platforms.Files;

/// <summary>
/// Finds the characters that spell a scalar's value: without anchor, tag, quotes and block header. What an edit leaves standing is left
/// in its own spelling, so that the edit back gives the same characters again.
/// </summary>
internal static class ScalarText
{
    /// <summary>The edit that changes a scalar's value.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="scalar">The scalar.</param>
    /// <param name="oldValue">Its value, without white space around it.</param>
    /// <param name="newValue">The new one: an image reference.</param>
    /// <param name="fault">Why it cannot be edited; empty where it can.</param>
    public static TextEdit? Replace(string text, YamlScalar scalar, string oldValue, string newValue, out string fault)
    {
        fault = string.Empty;
        if (Content(text, scalar) is not { } content)
        {
            fault = "it is written over several lines";
            return null;
        }

        var (start, end) = content;
        if (text.AsSpan(start, end - start).SequenceEqual(oldValue))
        {
            return new TextEdit(start, end, newValue);
        }

        // An escape (JSON's '\/' in a registry's name) may stay where both values agree. Beyond that, nobody could say later how it was
        // spelt.
        var common = oldValue.AsSpan().CommonPrefixLength(newValue);
        if (scalar.Style is ScalarStyle.DoubleQuoted && RawIndex(text, start, end, common) is { } from
            && text.AsSpan(from, end - from).SequenceEqual(oldValue.AsSpan(common)))
        {
            return new TextEdit(from, end, newValue[common..]);
        }

        fault = "it is written with escapes, which an undo could not spell again. Write it without them";
        return null;
    }

    private static (int Start, int End)? Content(string text, YamlScalar scalar)
    {
        var start = SkipProperties(text, scalar.Start, scalar.End);
        var end = scalar.End;
        switch (scalar.Style)
        {
            case ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted:
                (start, end) = (start + 1, end - 1);
                break;
            case ScalarStyle.Literal or ScalarStyle.Folded:
                start = text.IndexOfAny(['\r', '\n'], start, end - start);
                break;
            default:
                break;
        }

        if (start < 0 || start > end)
        {
            return null;
        }

        while (start < end && char.IsWhiteSpace(text[start]))
        {
            start++;
        }

        while (end > start && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        return text.AsSpan(start, end - start).ContainsAny('\r', '\n') ? null : (start, end);
    }

    // Anchor and tag, in either order, with white space and comments between them and the content (YAML 1.2.2 section 6.9).
    private static int SkipProperties(string text, int at, int end)
    {
        while (at < end)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
            }
            else if (text[at] is '&' or '!')
            {
                while (at < end && !char.IsWhiteSpace(text[at]))
                {
                    at++;
                }
            }
            else if (text[at] == '#')
            {
                while (at < end && text[at] is not ('\r' or '\n'))
                {
                    at++;
                }
            }
            else
            {
                break;
            }
        }

        return at;
    }

    // Where the character with this number in the value is spelt (YAML 1.2.2 section 5.7); null behind an escaped line break.
    private static int? RawIndex(string text, int start, int end, int valueIndex)
    {
        var at = start;
        for (var i = 0; i < valueIndex; i++)
        {
            if (at >= end)
            {
                return null;
            }

            if (text[at] != '\\')
            {
                at++;
                continue;
            }

            var digits = text[at + 1] switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (text[at + 1] is '\r' or '\n' || (digits > 0 && !IsBmp(text.AsSpan(at + 2, digits))))
            {
                return null;
            }

            at += 2 + digits;
        }

        return at <= end ? at : null;
    }

    private static bool IsBmp(ReadOnlySpan<char> digits) =>
        int.TryParse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var code) && code <= char.MaxValue;
}
