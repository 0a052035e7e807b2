namespace PatchContainers.Layers;

/// <summary>Which files' bytes a pass over a layer keeps.</summary>
/// <param name="Id">A name that changes when the selection changes: cached passes are told apart by it.</param>
/// <param name="Includes">Whether a normalized path is wanted.</param>
public sealed record LayerSelection(string Id, Func<string, bool> Includes)
{
    /// <summary>Keeps no file's bytes: for who asks only which entries there are.</summary>
    public static LayerSelection None { get; } = new("none", static _ => false);
}
