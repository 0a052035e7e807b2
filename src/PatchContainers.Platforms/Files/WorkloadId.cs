using System.Globalization;
using System.Text;

namespace PatchContainers.Platforms.Files;

/// <summary>
/// Makes the ids of workloads in files: <c>manifest:///path/web.yaml/namespace/Deployment/web#app</c> (without the namespace where none
/// is written) and <c>compose:///path/compose.yaml/web</c>. The same name twice in a file gets <c>~2</c>, <c>~3</c>, ... in the file's
/// order.
/// </summary>
internal sealed class WorkloadId(string path)
{
    private readonly string _path = Escape(OperatingSystem.IsWindows() ? "/" + path.Replace('\\', '/') : path);
    private readonly Dictionary<string, int> _given = new(StringComparer.Ordinal);

    public string Manifest(string space, string kind, string name, string container)
    {
        var folder = space.Length == 0 ? _path : $"{_path}/{Escape(space)}";
        return Unique($"manifest://{folder}/{Escape(kind)}/{Escape(name)}#{Escape(container)}");
    }

    public string Compose(string service) => Unique($"compose://{_path}/{Escape(service)}");

    private string Unique(string id)
    {
        var count = _given[id] = _given.GetValueOrDefault(id) + 1;
        return count == 1 ? id : string.Create(CultureInfo.InvariantCulture, $"{id}~{count}");
    }

    // An id is one line in which '#' and '~' mean something; everything else stays as a person wrote it.
    private static string Escape(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (char.IsControl(c) || c is '%' or '#' or '~')
            {
                result.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}");
            }
            else
            {
                result.Append(c);
            }
        }

        return result.ToString();
    }
}
