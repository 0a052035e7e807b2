namespace PatchContainers.Versions;

/// <summary>How an ecosystem's versions compare, without an object a version.</summary>
internal abstract class VersionOrder
{
    private VersionOrder()
    {
    }

    /// <summary>dpkg's order: Debian and Ubuntu.</summary>
    public static VersionOrder Debian { get; } = new DebianOrder();

    /// <summary>apk-tools' order: Alpine.</summary>
    public static VersionOrder Alpine { get; } = new AlpineOrder();

    /// <summary>The order of an ecosystem in OSV's words (<c>Debian:12</c>); null where none is known here.</summary>
    public static VersionOrder? Of(string ecosystem) => ecosystem.Split(':', 2)[0] switch
    {
        "Debian" or "Ubuntu" => Debian,
        "Alpine" => Alpine,
        _ => null,
    };

    /// <summary>What is wrong with a version, for a person; null where nothing is.</summary>
    public abstract string? FindFault(ReadOnlySpan<char> version);

    /// <summary>Below zero where the left one is older.</summary>
    public abstract int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right);

    private sealed class DebianOrder : VersionOrder
    {
        public override string? FindFault(ReadOnlySpan<char> version) =>
            DebianVersion.FindFault(version) is { } fault ? $"which is no version of a Debian package: {fault}" : null;

        public override int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right) => DebianVersion.Compare(left, right);
    }

    private sealed class AlpineOrder : VersionOrder
    {
        public override string? FindFault(ReadOnlySpan<char> version) =>
            ApkVersion.IsValid(version) ? null : "which is no version of an Alpine package";

        public override int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right) => ApkVersion.Compare(left, right);
    }
}
