using PatchContainers.Images;

namespace PatchContainers.Staleness;

/// <summary>
/// A base image that images may be built on, for those that do not say so themselves: its name, and what that name meant before.
/// </summary>
/// <param name="Name">The base image's reference; what it names now is the current base.</param>
/// <param name="OldReferences">References of what the name meant before, usually by digest; empty where there are none.</param>
public sealed record KnownBase(ImageReference Name, IReadOnlyList<ImageReference> OldReferences)
{
    /// <summary>
    /// Reads <c>NAME[=OLDREF,...]</c>. An OLDREF is a reference, or a bare digest in the name's repository:
    /// <c>debian:12=sha256:...,debian:12-20230612</c>.
    /// </summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>, saying which part is wrong.</exception>
    public static KnownBase Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var name = ImageReference.Parse(equals < 0 ? text : text[..equals]);
        if (equals < 0)
        {
            return new KnownBase(name, []);
        }

        var old = new List<ImageReference>();
        foreach (var part in text[(equals + 1)..].Split(',', StringSplitOptions.TrimEntries))
        {
            if (part.Length == 0)
            {
                throw new PatchException(PatchErrorCode.InvalidArgument, text,
                    $"'{text}' is not a known base: an old reference is empty. Write NAME or NAME=OLDREF,OLDREF, each a reference or "
                        + "a digest.");
            }

            // A digest that is cut short would be taken for the tag of a repository called sha256.
            old.Add(part.StartsWith("sha256:", StringComparison.Ordinal) || part.StartsWith("sha512:", StringComparison.Ordinal)
                ? name.AtDigest(Digest.Parse(part))
                : ImageReference.Parse(part));
        }

        return new KnownBase(name, old);
    }

    /// <summary><c>NAME[=OLDREF,...]</c>; it can be parsed again.</summary>
    public override string ToString() => OldReferences.Count == 0 ? Name.ToString() : $"{Name}={string.Join(',', OldReferences)}";

    /// <summary>Same name and same old references in the same order.</summary>
    public bool Equals(KnownBase? other) => other is not null && Name.Equals(other.Name)
        && OldReferences.SequenceEqual(other.OldReferences);

    /// <inheritdoc/>
    public override int GetHashCode() => OldReferences.Aggregate(Name.GetHashCode(), HashCode.Combine);
}
