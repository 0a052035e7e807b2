namespace PatchContainers.Core.Tests.Versions;

/// <summary>A row of a conformance table: left, operator, right, remark.</summary>
internal sealed record VersionTable(string Left, string Operator, string Right, string Remark)
{
    public static IReadOnlyList<VersionTable> Read(string file) => File.ReadLines(Conformance.Path("version-tables", file))
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split('\t'))
        .Select(f => new VersionTable(f[0], f[1], f[2], f.Length > 3 ? f[3] : ""))
        .ToArray();

    public bool Holds(int order) => Operator switch
    {
        "<" => order < 0,
        "=" => order == 0,
        ">" => order > 0,
        _ => throw new InvalidOperationException(Operator),
    };
}
