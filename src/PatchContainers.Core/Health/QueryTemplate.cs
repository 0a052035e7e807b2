using System.Text;

namespace PatchContainers.Health;

/// <summary>
/// A query in PromQL with places for what a ring is about: <c>{{ring}}</c>, <c>{{namespace}}</c>, <c>{{workload}}</c> and
/// <c>{{digest}}</c>. They stand in strings alone, and are written there so that they stay within them. After <c>=~</c> and <c>!~</c>
/// they are literal texts of a regular expression, and may be several.
/// </summary>
internal sealed class QueryTemplate
{
    private readonly IReadOnlyList<Part> _parts;

    private QueryTemplate(IReadOnlyList<Part> parts) => _parts = parts;

    /// <summary>Reads a query.</summary>
    /// <exception cref="FormatException">A string does not end, or a place is not known or not in a string; the message is the rest of a
    /// sentence.</exception>
    public static QueryTemplate Parse(string query)
    {
        var parts = new List<Part>();
        var begin = 0;
        var quote = '\0';
        var isRegex = false;
        for (var i = 0; i < query.Length; i++)
        {
            var c = query[i];
            if (c == '{' && i + 1 < query.Length && query[i + 1] == '{')
            {
                var end = query.IndexOf("}}", i, StringComparison.Ordinal);
                var name = end < 0 ? string.Empty : query[(i + 2)..end].Trim();
                if (!GatePlaces.Names.Contains(name))
                {
                    throw new FormatException($"has '{{{{{name}' in it, which is no place. The places are "
                        + string.Join(", ", GatePlaces.Names.Select(n => $"{{{{{n}}}}}")) + ".");
                }

                if (quote == '\0')
                {
                    throw new FormatException($"has {{{{{name}}}}} outside of a string. Write it as a label's value, as in "
                        + $"namespace=\"{{{{{name}}}}}\".");
                }

                parts.Add(new Part(query[begin..i], name, quote, isRegex));
                begin = end + 2;
                i = end + 1;
            }
            else if (quote != '\0')
            {
                i += c == '\\' && quote != '`' ? 1 : 0;
                quote = c == quote ? '\0' : quote;
            }
            else if (c is '"' or '\'' or '`')
            {
                quote = c;
                isRegex = query[..i].TrimEnd() is var before && (before.EndsWith("=~", StringComparison.Ordinal)
                    || before.EndsWith("!~", StringComparison.Ordinal));
            }
            else if (c == '#')
            {
                var line = query.IndexOf('\n', i);
                i = line < 0 ? query.Length : line;
            }
        }

        if (quote != '\0')
        {
            throw new FormatException($"has a string that does not end ({quote}).");
        }

        parts.Add(new Part(query[begin..], null, '\0', false));
        return new QueryTemplate(parts);
    }

    /// <summary>The query for a ring.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: a place has no value, or several where one may
    /// stand.</exception>
    public string Fill(GatePlaces places)
    {
        var query = new StringBuilder();
        foreach (var part in _parts)
        {
            query.Append(part.Before);
            if (part.Place is { } place)
            {
                query.Append(part.IsRegex ? Alternatives(places.All(place), part.Quote) : Quoted(places.One(place,
                    $"Compare with =~, as in {place}=~\"{{{{{place}}}}}\""), part.Quote));
            }
        }

        return query.ToString();
    }

    private static string Alternatives(IReadOnlyList<string> values, char quote)
    {
        var expression = string.Join('|', values.Select(Literal));
        return Quoted(values.Count > 1 ? $"(?:{expression})" : expression, quote);
    }

    // RE2's special characters; a backslash before any of them makes it a literal.
    private static string Literal(string value)
    {
        var literal = new StringBuilder();
        foreach (var c in value)
        {
            literal.Append(@"\.+*?()|[]{}^$".Contains(c, StringComparison.Ordinal) ? "\\" : string.Empty).Append(c);
        }

        return literal.ToString();
    }

    private static string Quoted(string value, char quote)
    {
        if (quote == '`')
        {
            return !value.Contains('`', StringComparison.Ordinal) ? value
                : throw new PatchException(PatchErrorCode.InvalidArgument, value,
                    $"'{value}' cannot stand in a string in backticks. Use quotation marks in the query.");
        }

        var text = new StringBuilder();
        foreach (var c in value)
        {
            text.Append(c switch
            {
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                _ => c == quote ? $"\\{c}" : c.ToString(),
            });
        }

        return text.ToString();
    }

    private sealed record Part(string Before, string? Place, char Quote, bool IsRegex);
}
