using System.Collections;

namespace PatchContainers.Layers;

/// <summary>The entries of a layer in compact form, sorted by path: made into records only when asked for.</summary>
internal sealed class LayerTable : IReadOnlyList<LayerEntry>
{
    public int Count => throw new NotImplementedException();

    public LayerEntry this[int index] => throw new NotImplementedException();

    public IEnumerator<LayerEntry> GetEnumerator() => throw new NotImplementedException();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
