namespace PatchContainers.Layers;

/// <summary>Which files' bytes a pass over a layer keeps.</summary>
public sealed class LayerSelection
{
    /// <summary>Makes a selection.</summary>
    /// <param name="id">A name that changes when the selection changes: cached passes are told apart by it. Letters, digits and
    /// hyphens.</param>
    /// <param name="includes">Whether a normalized path is wanted.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the name has other characters.</exception>
    public LayerSelection(string id, Func<string, bool> includes)
    {
        // It becomes part of a file's name.
        Id = id.Length > 0 && id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? id
            : throw new PatchException(PatchErrorCode.InvalidArgument, id,
                $"'{id}' cannot name a selection of files; use letters, digits and hyphens.");
        Includes = includes;
    }

    /// <summary>Keeps no file's bytes: for who asks only which entries there are.</summary>
    public static LayerSelection None { get; } = new("none", static _ => false);

    /// <summary>The name.</summary>
    public string Id { get; }

    /// <summary>Whether a normalized path is wanted.</summary>
    public Func<string, bool> Includes { get; }
}
