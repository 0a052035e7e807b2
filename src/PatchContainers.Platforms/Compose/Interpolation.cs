using System.Text;

namespace PatchContainers.Platforms.Compose;

/// <summary>
/// Puts values in the place of variables in a Compose file's text, by the Compose specification ("Interpolation"): <c>$VAR</c>,
/// <c>${VAR}</c>, <c>${VAR:-default}</c>, <c>${VAR-default}</c>, <c>${VAR:?error}</c>, <c>${VAR?error}</c>, <c>${VAR:+value}</c>,
/// <c>${VAR+value}</c>, nested, and <c>$$</c> for a dollar sign.
/// </summary>
internal sealed class Interpolation
{
    private const int MaxNesting = 20;

    private readonly Func<string, string?> _lookup;
    private readonly List<string> _variables = [];
    private readonly List<string> _unset = [];

    private Interpolation(Func<string, string?> lookup) => _lookup = lookup;

    /// <summary>What came of a text.</summary>
    /// <param name="Value">The text with its values; a variable without a value counts as empty.</param>
    /// <param name="Variables">The variables it names.</param>
    /// <param name="Unset">Those that have neither value nor default.</param>
    /// <param name="Fault">What is wrong with the text, or which required variable is missing; empty if nothing.</param>
    public sealed record Result(string Value, IReadOnlyList<string> Variables, IReadOnlyList<string> Unset, string Fault);

    /// <summary>Resolves a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="lookup">A variable's value; null where it is not set.</param>
    public static Result Resolve(string text, Func<string, string?> lookup)
    {
        var interpolation = new Interpolation(lookup);
        try
        {
            var value = interpolation.Expand(text, 0);
            return new Result(value, interpolation._variables, interpolation._unset, string.Empty);
        }
        catch (FormatException e)
        {
            return new Result(text, interpolation._variables, interpolation._unset, e.Message);
        }
    }

    private string Expand(string text, int nesting)
    {
        if (nesting > MaxNesting)
        {
            throw new FormatException("its variables are nested too deep");
        }

        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$')
            {
                result.Append(text[i]);
                continue;
            }

            var next = i + 1 < text.Length ? text[i + 1] : '\0';
            if (next == '$')
            {
                result.Append('$');
                i++;
            }
            else if (next == '{')
            {
                var end = ClosingBrace(text, i + 2);
                result.Append(Substitute(text[(i + 2)..end], nesting));
                i = end;
            }
            else if (IsNameStart(next))
            {
                var end = NameEnd(text, i + 1);
                result.Append(Value(text[(i + 1)..end]));
                i = end - 1;
            }
            else
            {
                throw new FormatException($"'{text}' has a '$' that begins no variable; a dollar sign is written '$$'");
            }
        }

        return result.ToString();
    }

    private string Substitute(string expression, int nesting)
    {
        var end = NameEnd(expression, 0);
        var name = expression[..end];
        var rest = expression[end..];
        if (name.Length == 0 || !IsNameStart(name[0]))
        {
            throw new FormatException($"'${{{expression}}}' names no variable");
        }

        if (rest.Length == 0)
        {
            return Value(name);
        }

        var emptyCounts = rest[0] != ':';
        var at = emptyCounts ? 0 : 1;
        var word = rest.Length > at ? rest[(at + 1)..] : string.Empty;
        var value = Note(name);
        var isSet = value is not null && (emptyCounts || value.Length > 0);
        return (rest.Length > at ? rest[at] : '\0') switch
        {
            '-' => isSet ? value! : Expand(word, nesting + 1),
            '+' => isSet ? Expand(word, nesting + 1) : string.Empty,
            '?' => isSet ? value! : throw new FormatException(
                $"it needs the variable {name}, which is not set{(word.Length > 0 ? ": " + Expand(word, nesting + 1) : string.Empty)}"),
            _ => throw new FormatException($"'${{{expression}}}' is no form of a variable"),
        };
    }

    private string Value(string name)
    {
        var value = Note(name);
        if (value is null && !_unset.Contains(name))
        {
            _unset.Add(name);
        }

        return value ?? string.Empty;
    }

    private string? Note(string name)
    {
        if (!_variables.Contains(name))
        {
            _variables.Add(name);
        }

        return _lookup(name);
    }

    private static int ClosingBrace(string text, int from)
    {
        var depth = 1;
        for (var i = from; i < text.Length; i++)
        {
            if (text[i] == '$' && i + 1 < text.Length && text[i + 1] == '{')
            {
                depth++;
                i++;
            }
            else if (text[i] == '}' && --depth == 0)
            {
                return i;
            }
        }

        throw new FormatException($"'{text}' has a '${{' without its '}}'");
    }

    private static int NameEnd(string text, int from)
    {
        var end = from;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
        {
            end++;
        }

        return end;
    }

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';
}
