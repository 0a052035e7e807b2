using System.Globalization;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>A version of the Engine API: <c>1.41</c>.</summary>
internal readonly record struct DockerApiVersion(int Major, int Minor) : IComparable<DockerApiVersion>
{
    /// <summary>The oldest that is spoken: Docker 20.10's, the first with jobs of Swarm and a service's running tasks in lists.</summary>
    public static readonly DockerApiVersion Oldest = new(1, 41);

    /// <summary>The newest whose description was read.</summary>
    public static readonly DockerApiVersion Newest = new(1, 55);

    public static bool operator <(DockerApiVersion left, DockerApiVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(DockerApiVersion left, DockerApiVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(DockerApiVersion left, DockerApiVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(DockerApiVersion left, DockerApiVersion right) => left.CompareTo(right) >= 0;

    public static bool TryParse(string? text, out DockerApiVersion version)
    {
        version = default;
        if (text?.Split('.') is not [var major, var minor]
            || !int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var second))
        {
            return false;
        }

        version = new DockerApiVersion(first, second);
        return true;
    }

    public int CompareTo(DockerApiVersion other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");
}
