namespace PatchContainers.Versions;

/// <summary>
/// The parts of an Alpine version in the order in which they may stand; of two versions equal so far, the later part is the older
/// version.
/// </summary>
internal enum ApkTokenKind
{
    FirstNumber,
    Number,
    Letter,
    Suffix,
    SuffixNumber,
    CommitHash,
    Revision,
    End,
    Invalid,
}

/// <summary>Walks over an Alpine version part by part.</summary>
internal ref struct ApkVersionToken
{
    // In their order; what stands before None makes a version older than the same one without a suffix.
    private static readonly string[] Suffixes = ["alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"];
    private const int NoSuffix = 4;

    private ReadOnlySpan<char> _rest;
    private ReadOnlySpan<char> _value;
    private int _suffix;

    public ApkVersionToken(ReadOnlySpan<char> version)
    {
        _rest = version;
        Kind = ApkTokenKind.FirstNumber;
        TakeNumber();
    }

    public ApkTokenKind Kind { get; private set; }

    public readonly bool IsPreRelease => Kind == ApkTokenKind.Suffix && _suffix < NoSuffix;

    public void MoveNext()
    {
        if (_rest.IsEmpty)
        {
            Kind = ApkTokenKind.End;
            return;
        }

        var c = _rest[0];
        if (char.IsAsciiLetterLower(c) && Kind <= ApkTokenKind.Number)
        {
            Kind = ApkTokenKind.Letter;
            _value = _rest[..1];
            _rest = _rest[1..];
        }
        else if (c == '.' && Kind <= ApkTokenKind.Number)
        {
            Kind = ApkTokenKind.Number;
            _rest = _rest[1..];
            TakeNumber();
        }
        else if (char.IsAsciiDigit(c) && Kind == ApkTokenKind.Suffix)
        {
            Kind = ApkTokenKind.SuffixNumber;
            TakeNumber();
        }
        else if (c == '_' && Kind <= ApkTokenKind.SuffixNumber)
        {
            TakeSuffix();
        }
        else if (c == '~' && Kind < ApkTokenKind.CommitHash)
        {
            Kind = ApkTokenKind.CommitHash;
            Take(_rest[1..], static c => char.IsAsciiHexDigitLower(c));
        }
        else if (_rest.StartsWith("-r", StringComparison.Ordinal) && Kind < ApkTokenKind.Revision)
        {
            Kind = ApkTokenKind.Revision;
            _rest = _rest[2..];
            TakeNumber();
        }
        else
        {
            Kind = ApkTokenKind.Invalid;
        }
    }

    /// <summary>Compares two parts of the same kind.</summary>
    public readonly int CompareValue(ApkVersionToken other)
    {
        if (Kind == ApkTokenKind.Suffix)
        {
            return _suffix - other._suffix;
        }

        // After the first dot, a number with a leading zero is a fraction: 1.05 comes before 1.1.
        var isText = Kind is ApkTokenKind.Letter or ApkTokenKind.CommitHash
            || (Kind == ApkTokenKind.Number && (_value[0] == '0' || other._value[0] == '0'));
        if (isText)
        {
            return _value.SequenceCompareTo(other._value);
        }

        var left = _value.TrimStart('0');
        var right = other._value.TrimStart('0');
        return left.Length != right.Length ? left.Length - right.Length : left.SequenceCompareTo(right);
    }

    /// <summary>Adds what makes this part equal to another one.</summary>
    public readonly void AddTo(ref HashCode hash)
    {
        hash.Add(Kind);
        hash.Add(_suffix);
        foreach (var c in Kind == ApkTokenKind.Number ? _value : _value.TrimStart('0'))
        {
            hash.Add(c);
        }
    }

    private void TakeNumber() => Take(_rest, char.IsAsciiDigit);

    private void Take(ReadOnlySpan<char> text, Func<char, bool> belongs)
    {
        var length = 0;
        while (length < text.Length && belongs(text[length]))
        {
            length++;
        }

        _value = text[..length];
        _rest = text[length..];
        if (length == 0)
        {
            Kind = ApkTokenKind.Invalid;
        }
    }

    private void TakeSuffix()
    {
        var length = 1;
        while (length < _rest.Length && char.IsAsciiLetterLower(_rest[length]))
        {
            length++;
        }

        var name = _rest[1..length];
        _value = default;
        _rest = _rest[length..];
        for (_suffix = 0; _suffix < Suffixes.Length; _suffix++)
        {
            if (_suffix != NoSuffix && name.SequenceEqual(Suffixes[_suffix]))
            {
                Kind = ApkTokenKind.Suffix;
                return;
            }
        }

        Kind = ApkTokenKind.Invalid;
    }
}
