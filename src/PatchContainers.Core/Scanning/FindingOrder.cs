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

        // As numbers: an enumeration's own CompareTo boxes both sides, which made most of the garbage of a scan.
        var order = (int)y.Severity - (int)x.Severity;
        order = order != 0 ? order : (y.FixState == FixState.Fixed ? 1 : 0) - (x.FixState == FixState.Fixed ? 1 : 0);
        order = order != 0 ? order : string.CompareOrdinal(x.Id, y.Id);
        order = order != 0 ? order : string.CompareOrdinal(x.Package, y.Package);
        order = order != 0 ? order : string.CompareOrdinal(x.Version, y.Version);
        return order != 0 ? order : string.CompareOrdinal(x.Purl, y.Purl);
    }
}
