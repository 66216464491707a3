// `property=…`: what listings of Flow Service can be filtered by. A comma list after `==` is an OR; what is compared by size is
// a number.

struct Filter {
    enum Value: Equatable {
        case text(String)
        case number(Int64)
    }

    private enum Relation: String {
        // The longer ones first: `>` begins `>=`.
        case equal = "=="
        case atLeast = ">="
        case atMost = "<="
        case above = ">"
        case below = "<"
    }

    private static let relations: [Relation] = [.equal, .atLeast, .atMost, .above, .below]

    let path: String
    private let relation: Relation
    private let operands: [Substring]

    init?(_ text: String) {
        guard let first = text.firstIndex(where: { "=<>".contains($0) }),
            let relation = Self.relations.first(where: { text[first...].hasPrefix($0.rawValue) })
        else { return nil }
        path = String(text[..<first])
        self.relation = relation
        operands = text[first...].dropFirst(relation.rawValue.count).split(separator: ",")
    }

    /// Whether it can be asked of such values at all.
    func fits(_ values: [Value]) -> Bool {
        relation == .equal
            || operands.count == 1 && Int64(operands[0]) != nil
                && values.allSatisfy { if case .number = $0 { true } else { false } }
    }

    func matches(_ values: [Value]) -> Bool {
        values.contains { value in
            operands.contains { operand in
                switch value {
                case .text(let text): relation == .equal && text == operand
                case .number(let number): Int64(operand).map { holds(number, $0) } ?? false
                }
            }
        }
    }

    private func holds(_ number: Int64, _ bound: Int64) -> Bool {
        switch relation {
        case .equal: number == bound
        case .atLeast: number >= bound
        case .atMost: number <= bound
        case .above: number > bound
        case .below: number < bound
        }
    }
}
