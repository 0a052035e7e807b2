namespace PatchContainers.Scanning;

/// <summary>
/// The order in which findings are listed: worst first, what can be fixed before what cannot, then by name, the same on any machine.
/// </summary>
public sealed class FindingOrder : IComparer<Finding>
{
    private FindingOrder()
    {
    }

    /// <summary>The order.</summary>
    public static FindingOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(Finding? x, Finding? y)
    {
        if (x is null || y is null)
        {
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        }

        var order = y.Severity.CompareTo(x.Severity);
        order = order != 0 ? order : (y.FixState == FixState.Fixed).CompareTo(x.FixState == FixState.Fixed);
        order = order != 0 ? order : string.CompareOrdinal(x.Id, y.Id);
        order = order != 0 ? order : string.CompareOrdinal(x.Package, y.Package);
        order = order != 0 ? order : string.CompareOrdinal(x.Version, y.Version);
        return order != 0 ? order : string.CompareOrdinal(x.Purl, y.Purl);
    }
}
